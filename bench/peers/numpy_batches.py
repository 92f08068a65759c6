"""The reference's job in NumPy, whole batches at a time. (Threads are those of its BLAS, by the environment.)"""

import numpy as np

from common import BATCH, CLASSES, HIDDEN, INPUTS, initial_values, rate, read_data, samples, train

images, labels = read_data()
U, u = initial_values(INPUTS, HIDDEN, inputs=INPUTS), initial_values(HIDDEN, inputs=INPUTS)
V, v = initial_values(HIDDEN, CLASSES, inputs=HIDDEN), initial_values(CLASSES, inputs=HIDDEN)
step = np.float32(rate)
slots = np.arange(BATCH)


def epoch_of_order(order):
    total = 0.0
    for first in range(0, samples, BATCH):
        batch = order[first : first + BATCH]
        X, targets = images[batch], labels[batch]

        Y = np.maximum(X @ U + u, 0)
        Z = Y @ V + v
        Z -= Z.max(axis=1, keepdims=True)
        P = np.exp(Z)
        sums = P.sum(axis=1, keepdims=True)
        total += float((np.log(sums[:, 0]) - Z[slots, targets]).sum())

        P /= sums
        P[slots, targets] -= 1
        delta_Y = (P @ V.T) * (Y > 0)
        np.subtract(V, step * (Y.T @ P), out=V)
        np.subtract(v, step * P.sum(axis=0), out=v)
        np.subtract(U, step * (X.T @ delta_Y), out=U)
        np.subtract(u, step * delta_Y.sum(axis=0), out=u)
    return total


train(epoch_of_order)
