"""What the programs of the Python peers share: arguments, data in memory, and the lines they print.

All are run as: python3 <peer>.py <data folder> <threads> <epochs> <rate> <samples> <batch> <widths>
"""

import json
import os
import sys
import time

import numpy as np

folder, threads, epochs, rate, samples = sys.argv[1], *map(int, sys.argv[2:4]), float(sys.argv[4]), int(sys.argv[5])
# The batches are equal: `samples` is a multiple of BATCH.
BATCH = int(sys.argv[6])
# Inputs, hidden layers, classes.
WIDTHS = list(map(int, sys.argv[7].split("-")))
INPUTS, CLASSES = WIDTHS[0], WIDTHS[-1]

random = np.random.default_rng(1)


def read_data():
    """Rows (samples, INPUTS) as float32 (pixels scaled to 0 to 1) and labels (samples) as int64."""
    table = f"{folder}/train-rows-float32"
    if os.path.exists(table):
        rows = np.fromfile(table, "<f4", samples * INPUTS).reshape(samples, INPUTS)
    else:
        pixels = np.fromfile(f"{folder}/train-images-idx3-ubyte", np.uint8, samples * INPUTS, offset=16)
        rows = pixels.reshape(samples, INPUTS).astype(np.float32)
        rows /= 255
    labels = np.fromfile(f"{folder}/train-labels-idx1-ubyte", np.uint8, samples, offset=8)
    return rows, labels.astype(np.int64)


def initial_values(*shape, inputs):
    """The reference's: uniform in ±1/√inputs."""
    return (random.uniform(-1, 1, shape) / np.sqrt(inputs)).astype(np.float32)


def initial_layers():
    """For each layer, its weights (inputs, outputs) and biases (outputs)."""
    return [
        (initial_values(inputs, outputs, inputs=inputs), initial_values(outputs, inputs=inputs))
        for inputs, outputs in zip(WIDTHS, WIDTHS[1:])
    ]


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
