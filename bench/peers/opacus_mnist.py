"""Seconds of an epoch of the reference's job in PyTorch with Opacus, extrapolated from some steps after a warm-up.

Usage: opacus_mnist.py DATA MODE THREADS [STEPS]

Modes: none (PyTorch without privacy), ghost (ghost clipping), ghost-secure (with the sum of four Gaussians of Opacus' secure mode, but
PyTorch's usual generator, because the cryptographic one cannot be installed with current versions), default (gradients written out).
"""

import sys
import time
import warnings

import numpy as np
import torch
from opacus import PrivacyEngine
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")

folder, mode, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
steps = int(sys.argv[4]) if len(sys.argv) > 4 else 60
torch.set_num_threads(threads)
torch.manual_seed(1)

pixels = np.fromfile(f"{folder}/train-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 784)
labels = np.fromfile(f"{folder}/train-labels-idx1-ubyte", np.uint8, offset=8)
data = TensorDataset(torch.tensor(pixels / np.float32(255)), torch.tensor(labels, dtype=torch.long))
batch = 100
model = torch.nn.Sequential(torch.nn.Linear(784, 1000), torch.nn.ReLU(), torch.nn.Linear(1000, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = torch.nn.CrossEntropyLoss()
loader = DataLoader(data, batch_size=batch, shuffle=mode == "none")
if mode != "none":
    private = PrivacyEngine().make_private(
        module=model,
        optimizer=optimizer,
        data_loader=loader,
        noise_multiplier=1.0,
        max_grad_norm=1.0,
        poisson_sampling=True,
        **({"grad_sample_mode": "ghost", "criterion": criterion} if mode.startswith("ghost") else {}),
    )
    if mode.startswith("ghost"):
        model, optimizer, criterion, loader = private
    else:
        model, optimizer, loader = private
    optimizer.secure_mode = mode == "ghost-secure"

warm_up = 10
began = 0.0
done = 0
for x, y in loader:
    if done == warm_up:
        began = time.perf_counter()
    optimizer.zero_grad()
    criterion(model(x), y).backward()
    optimizer.step()
    done += 1
    if done == warm_up + steps:
        break
print((time.perf_counter() - began) / steps * len(labels) / batch)
