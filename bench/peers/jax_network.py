"""What the two JAX peers share: JAX kept to the CPU and to its threads, the loss, and one step of SGD.

(A file of the name jax.py would stand in the way of the package.)
"""

import os

from common import initial_layers, rate, read_data, threads

# Read as JAX is imported and as it starts.
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["NPROC"] = str(threads)

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

images, labels = (jax.device_put(array) for array in read_data())
initial = jax.tree.map(jnp.asarray, initial_layers())


def loss_of(layers, x, targets):
    for W, b in layers[:-1]:
        x = jax.nn.relu(x @ W + b)
    W, b = layers[-1]
    log_p = jax.nn.log_softmax(x @ W + b)
    return -jnp.take_along_axis(log_p, targets[:, None], axis=1).sum()


def step(layers, x, targets):
    loss, gradients = jax.value_and_grad(loss_of)(layers, x, targets)
    return jax.tree.map(lambda parameter, gradient: parameter - rate * gradient, layers, gradients), loss
