"""Seconds of an epoch in PyTorch with Opacus, extrapolated from some steps after a warm-up.

Usage: opacus_epoch.py DATA MODE THREADS [STEPS]

DATA is the folder of MNIST's files, for the reference's job, or a CSV file without a header whose last column is the class, for a
network of 128 and 64 hidden units with batches of 256.

Modes: none (PyTorch without privacy), ghost (ghost clipping), default (gradients written out); ghost-secure and default-secure: with
the sum of four Gaussians of Opacus' secure mode, but PyTorch's usual generator, because the cryptographic one cannot be installed
with current versions.
"""

import sys
import time
import warnings

import numpy as np
import torch
from opacus import PrivacyEngine
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")

source, mode, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
steps = int(sys.argv[4]) if len(sys.argv) > 4 else 60
torch.set_num_threads(threads)
torch.manual_seed(1)

if source.endswith(".csv"):
    table = np.loadtxt(source, delimiter=",", dtype=np.float32)
    inputs, labels = table[:, :-1], table[:, -1]
    inputs = (inputs - inputs.mean(0)) / inputs.std(0)
    batch, hidden = 256, [128, 64]
else:
    inputs = np.fromfile(f"{source}/train-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 784) / np.float32(255)
    labels = np.fromfile(f"{source}/train-labels-idx1-ubyte", np.uint8, offset=8)
    batch, hidden = 100, [1000]
labels = labels.astype(np.int64)
data = TensorDataset(torch.tensor(inputs), torch.tensor(labels))
widths = [inputs.shape[1], *hidden, int(labels.max()) + 1]
layers = [torch.nn.Linear(a, b) for a, b in zip(widths, widths[1:])]
model = torch.nn.Sequential(layers[0], *(m for layer in layers[1:] for m in (torch.nn.ReLU(), layer)))
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
    optimizer.secure_mode = mode.endswith("-secure")

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
print((time.perf_counter() - began) / (done - warm_up) * len(labels) / batch)
