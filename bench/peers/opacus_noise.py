"""Nanoseconds of one Gaussian in Opacus, for the reference's first layer on one thread: without and with its secure mode.

Usage: opacus_noise.py DATA (the argument is not used)
"""

import time

import torch
from opacus.optimizers.optimizer import _generate_noise

torch.set_num_threads(1)
reference = torch.zeros(785, 1000)
for secure in (False, True):
    times = []
    for _ in range(15):
        began = time.perf_counter()
        _generate_noise(1.0, reference, None, secure)
        times.append((time.perf_counter() - began) / reference.numel() * 1e9)
    print(sorted(times)[len(times) // 2])
