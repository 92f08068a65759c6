"""Test error of the reference's network on MNIST, trained privately by PyTorch with Opacus.

Usage: opacus_accuracy.py DATA SEED SIGMA EPOCHS BATCH RATE
"""

import sys
import warnings

import numpy as np
import torch
from opacus import PrivacyEngine
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")

folder, seed, sigma, epochs, batch, rate = sys.argv[1], *map(float, sys.argv[2:7])
torch.manual_seed(int(seed))


def part(name):
    pixels = np.fromfile(f"{folder}/{name}-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 784)
    labels = np.fromfile(f"{folder}/{name}-labels-idx1-ubyte", np.uint8, offset=8)
    return torch.tensor(pixels / np.float32(255)), torch.tensor(labels, dtype=torch.long)


model = torch.nn.Sequential(torch.nn.Linear(784, 1000), torch.nn.ReLU(), torch.nn.Linear(1000, 10))
model, optimizer, criterion, loader = PrivacyEngine().make_private(
    module=model,
    optimizer=torch.optim.SGD(model.parameters(), lr=rate),
    criterion=torch.nn.CrossEntropyLoss(),
    data_loader=DataLoader(TensorDataset(*part("train")), batch_size=int(batch)),
    noise_multiplier=sigma,
    max_grad_norm=1.0,
    poisson_sampling=True,
    grad_sample_mode="ghost",
)
for _ in range(int(epochs)):
    for x, y in loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
with torch.no_grad():
    x, y = part("t10k")
    print((model(x).argmax(1) != y).float().mean().item())
