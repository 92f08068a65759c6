"""The reference's job in TensorFlow at its fastest: the whole epoch is one function, compiled by XLA (jit_compile)."""

from common import BATCH, initial_layers, rate, read_data, samples, train
from tensorflow_setup import tf

images, labels = map(tf.constant, read_data())
layers = [(tf.Variable(W), tf.Variable(b)) for W, b in initial_layers()]
parameters = [parameter for layer in layers for parameter in layer]


def loss_of(x, targets):
    for W, b in layers[:-1]:
        x = tf.nn.relu(x @ W + b)
    W, b = layers[-1]
    return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, x @ W + b))


@tf.function(jit_compile=True)
def epoch_of(images, labels, batches):
    total = 0.0
    for i in tf.range(samples // BATCH):
        with tf.GradientTape() as tape:
            loss = loss_of(tf.gather(images, batches[i]), tf.gather(labels, batches[i]))
        for parameter, gradient in zip(parameters, tape.gradient(loss, parameters)):
            parameter.assign_sub(rate * gradient)
        total += loss
    return total


def epoch_of_order(order):
    return epoch_of(images, labels, tf.constant(order.reshape(-1, BATCH)))


train(epoch_of_order)
