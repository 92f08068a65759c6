"""The reference's job in NumPy, whole batches at a time. (Threads are those of its BLAS, by the environment.)"""

import numpy as np

from common import BATCH, initial_layers, rate, read_data, samples, train

images, labels = read_data()
layers = initial_layers()
step = np.float32(rate)
slots = np.arange(BATCH)


def epoch_of_order(order):
    total = 0.0
    for first in range(0, samples, BATCH):
        batch = order[first : first + BATCH]
        targets = labels[batch]

        activations = [images[batch]]
        for W, b in layers[:-1]:
            activations.append(np.maximum(activations[-1] @ W + b, 0))
        W, b = layers[-1]
        Z = activations[-1] @ W + b
        Z -= Z.max(axis=1, keepdims=True)
        P = np.exp(Z)
        sums = P.sum(axis=1, keepdims=True)
        total += float((np.log(sums[:, 0]) - Z[slots, targets]).sum())

        delta = P
        delta /= sums
        delta[slots, targets] -= 1
        for i in range(len(layers) - 1, -1, -1):
            (W, b), X = layers[i], activations[i]
            below = (delta @ W.T) * (X > 0) if i > 0 else None
            np.subtract(W, step * (X.T @ delta), out=W)
            np.subtract(b, step * delta.sum(axis=0), out=b)
            delta = below
    return total


train(epoch_of_order)
