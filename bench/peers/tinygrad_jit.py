"""The reference's job in tinygrad: its Linear layers and SGD optimizer, a step compiled for the CPU. (It needs clang.)"""

import os

from common import BATCH, WIDTHS, rate, read_data, samples, threads, train

# Read as tinygrad is imported; DEV may be set to compile for another processor.
os.environ.setdefault("DEV", "CPU")
os.environ["NUM_CPU_THREADS"] = str(threads)
os.environ["TRAINING"] = "1"

import numpy as np  # noqa: E402
from tinygrad import Tensor, TinyJit, nn  # noqa: E402

Tensor.manual_seed(1)
images, labels = (Tensor(array).realize() for array in read_data())
# Its initial values are the reference's: uniform in ±1/√inputs, biases too.
layers = [nn.Linear(inputs, outputs) for inputs, outputs in zip(WIDTHS, WIDTHS[1:])]
optimizer = nn.optim.SGD(nn.state.get_parameters(layers), lr=rate)


@TinyJit
def step(batch):
    x = images[batch]
    for layer in layers[:-1]:
        x = layer(x).relu()
    loss = layers[-1](x).sparse_categorical_crossentropy(labels[batch], reduction="sum")
    optimizer.zero_grad()
    loss.backward()
    return loss.realize(*optimizer.schedule_step())


def epoch_of_order(order):
    order = order.astype(np.int32)
    total = 0.0
    for first in range(0, samples, BATCH):
        total += step(Tensor(order[first : first + BATCH]).realize()).item()
    return total


train(epoch_of_order)
