"""The reference's job in PyTorch: nn.Linear and SGD, a plain loop. One NDJSON line an epoch, as the other peers.

Run as: python3 pytorch.py <folder of IDX files> <threads> <epochs>
"""

import json
import sys
import time

import numpy as np
import torch

folder, threads, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(1)


def idx(name):
    raw = np.fromfile(f"{folder}/{name}", dtype=np.uint8)
    rank = raw[3]
    shape = np.frombuffer(raw[4 : 4 + 4 * rank].tobytes(), dtype=">u4")
    return raw[4 + 4 * rank :].reshape(shape.tolist())


images = torch.from_numpy(idx("train-images-idx3-ubyte").reshape(60000, 784)).float() / 255
labels = torch.from_numpy(idx("train-labels-idx1-ubyte")).long()

# nn.Linear's initial values are the reference's: uniform in ±1/√inputs, biases too.
model = torch.nn.Sequential(torch.nn.Linear(784, 1000), torch.nn.ReLU(), torch.nn.Linear(1000, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
loss_of = torch.nn.CrossEntropyLoss(reduction="sum")

for epoch in range(1, epochs + 1):
    start = time.perf_counter()
    order = torch.randperm(60000)
    total = 0.0
    for first in range(0, 60000, 100):
        batch = order[first : first + 100]
        loss = loss_of(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    seconds = time.perf_counter() - start
    print(json.dumps({"epoch": epoch, "train_loss": total / 60000, "seconds": seconds}), flush=True)
