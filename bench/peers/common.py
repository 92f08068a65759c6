"""What the programs of the Python peers share: arguments, data in memory, and the lines they print.

All are run as: python3 <peer>.py <folder of IDX files> <threads> <epochs> <rate> <samples>
"""

import json
import sys
import time

import numpy as np

INPUTS, HIDDEN, CLASSES, BATCH = 784, 1000, 10, 100

folder, threads, epochs, rate, samples = sys.argv[1], *map(int, sys.argv[2:4]), float(sys.argv[4]), int(sys.argv[5])
random = np.random.default_rng(1)


def read_data():
    """Images (samples, 784) from 0 to 1 as float32, and labels (samples) as int64."""
    pixels = np.fromfile(f"{folder}/train-images-idx3-ubyte", np.uint8, samples * INPUTS, offset=16)
    labels = np.fromfile(f"{folder}/train-labels-idx1-ubyte", np.uint8, samples, offset=8)
    images = pixels.reshape(samples, INPUTS).astype(np.float32)
    images /= 255
    return images, labels.astype(np.int64)


def initial_values(*shape, inputs):
    """The reference's: uniform in ±1/√inputs."""
    return (random.uniform(-1, 1, shape) / np.sqrt(inputs)).astype(np.float32)


def train(epoch_of_order):
    """Prints that all is in memory, then a line an epoch.

    epoch_of_order(order) trains on the samples in that order, batch by batch, and returns the sum of their losses.
    """
    say({"event": "ready"})
    for epoch in range(1, epochs + 1):
        order = random.permutation(samples)
        start = time.perf_counter()
        loss = float(epoch_of_order(order))
        say({"epoch": epoch, "train_loss": loss / samples, "seconds": time.perf_counter() - start})


def say(line):
    print(json.dumps(line), flush=True)
