"""The other side of bench/reading.ts.

python3 reading.py pandas|polars <file> <times>     prints {"times", "cpu", "bytes"}; no times if the package is not installed
"""

import json
import resource
import sys
import time

library, file, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
times, cpu = [], []
try:
    reader = __import__(library).read_csv
except ImportError:
    reader = None
    print(f"{library} is not installed", file=sys.stderr)
for _ in range(count if reader else 0):
    begin, before = time.perf_counter(), time.process_time()
    reader(file)
    times.append(time.perf_counter() - begin)
    cpu.append(time.process_time() - before)
print(json.dumps({"times": times, "cpu": cpu, "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
