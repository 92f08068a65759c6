/**
 * What collectives take among the ranks that run this: rank 0 prints a line of JSON, medians in seconds. Started by
 * bench/cluster.ts, or alone: mpirun -np 2 node dist/bench/cluster/collectives.js [rounds]
 */
import { MpiLibrary } from '../../src/parallel/mpi/library.js';
import { median } from '../support/statistics.js';

const rounds = Number(process.argv[2] ?? 20);
/** float32s: one, where only latency counts, and the reference network's gradients. */
const COUNTS = [1, 1000, 10_000, 100_000, 796_800];

const mpi = MpiLibrary.load(undefined);
mpi.init();
const { rank, size } = mpi;
const results = COUNTS.map((count) => {
  const values = new Float32Array(new SharedArrayBuffer(4 * count));
  const times: number[] = [];
  for (let round = -2; round < rounds; round++) {
    // All begin together.
    mpi.sum(new Float32Array(1));
    const began = performance.now();
    mpi.sum(values);
    if (round >= 0) times.push((performance.now() - began) / 1000);
  }
  return { bytes: 4 * count, seconds: median(times) };
});
if (rank === 0) console.log(JSON.stringify({ ranks: size, mpi: mpi.version, allreduce: results }));
mpi.finalize();
