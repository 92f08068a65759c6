"""The reference's job in NumPy as the reference is written: sample by sample, gradients added up, a step a batch."""

import numpy as np

from common import BATCH, initial_layers, rate, read_data, samples, train

images, labels = read_data()
(U, u), (V, v) = initial_layers()
parameters = U, u, V, v
step = np.float32(rate)


def epoch_of_order(order):
    total = 0.0
    for first in range(0, samples, BATCH):
        sums = [np.zeros_like(parameter) for parameter in parameters]
        for sample in order[first : first + BATCH]:
            loss, gradients = backpropagate(images[sample], labels[sample])
            total += loss
            for gradient_sum, gradient in zip(sums, gradients):
                gradient_sum += gradient
        for parameter, gradient_sum in zip(parameters, sums):
            parameter -= step * gradient_sum
    return total


def backpropagate(x, target):
    y = np.maximum(x @ U + u, 0)
    z = y @ V + v
    z -= z.max()
    p = np.exp(z)
    p_sum = p.sum()
    loss = float(np.log(p_sum) - z[target])
    p /= p_sum
    p[target] -= 1
    delta_y = (V @ p) * (y > 0)
    return loss, (np.outer(x, delta_y), delta_y, np.outer(y, p), p)


train(epoch_of_order)
