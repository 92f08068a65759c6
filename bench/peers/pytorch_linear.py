"""The reference's job in PyTorch as one would write it: nn.Linear and SGD, a plain loop."""

import torch

from common import BATCH, WIDTHS, rate, read_data, samples, threads, train

torch.set_num_threads(threads)
torch.manual_seed(1)

images, labels = map(torch.from_numpy, read_data())

# nn.Linear's initial values are the reference's: uniform in ±1/√inputs, biases too.
modules = []
for inputs, outputs in zip(WIDTHS, WIDTHS[1:]):
    modules += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
model = torch.nn.Sequential(*modules[:-1])
optimizer = torch.optim.SGD(model.parameters(), lr=rate)
loss_of = torch.nn.CrossEntropyLoss(reduction="sum")


def epoch_of_order(order):
    order = torch.from_numpy(order)
    total = 0.0
    for first in range(0, samples, BATCH):
        batch = order[first : first + BATCH]
        loss = loss_of(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total


train(epoch_of_order)
