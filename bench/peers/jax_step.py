"""The reference's job in JAX as one would write it: a compiled step, called for each batch."""

import functools

import jax

from common import BATCH, samples, train
from jax_network import images, initial, labels, step

layers = initial


# The old parameters' memory is taken for the new ones.
@functools.partial(jax.jit, donate_argnums=0)
def step_of(layers, images, labels, batch):
    return step(layers, images[batch], labels[batch])


def epoch_of_order(order):
    global layers
    losses = []
    for first in range(0, samples, BATCH):
        layers, loss = step_of(layers, images, labels, order[first : first + BATCH])
        losses.append(loss)
    jax.block_until_ready(layers)
    return sum(map(float, losses))


train(epoch_of_order)
