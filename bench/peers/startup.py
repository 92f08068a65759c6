"""PyTorch's start, part by part: one JSON line with the time (Unix, in ms) after each, as Lockstep's own.

Run as: python3 startup.py <data folder> <threads> <epochs> <rate> <samples> <batch> <widths>
"""

import time

marks = [("python", time.time() * 1000)]


def mark(part):
    marks.append((part, time.time() * 1000))


import torch  # noqa: E402

from common import BATCH, WIDTHS, rate, read_data, say, threads  # noqa: E402

torch.set_num_threads(threads)
mark("imports")

images, labels = map(torch.from_numpy, read_data())
mark("data read")

inputs, hidden, classes = WIDTHS
model = torch.nn.Sequential(torch.nn.Linear(inputs, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, classes))
optimizer = torch.optim.SGD(model.parameters(), lr=rate)
loss_of = torch.nn.CrossEntropyLoss(reduction="sum")
mark("initial values")

batch = torch.randperm(len(labels))[:BATCH]
loss = loss_of(model(images[batch]), labels[batch])
loss.backward()
optimizer.step()
loss.item()
mark("first step")
say({"marks": marks})
