"""The reference's job in Keras (TensorFlow) as one would write it: Dense layers, SGD, fit; its step compiled by XLA."""

from tensorflow_setup import tf

from common import BATCH, CLASSES, INPUTS, WIDTHS, initial_layers, rate, read_data, samples, train

images, labels = read_data()
model = tf.keras.Sequential(
    [
        tf.keras.Input((INPUTS,)),
        *[tf.keras.layers.Dense(width, activation="relu") for width in WIDTHS[1:-1]],
        tf.keras.layers.Dense(CLASSES),
    ]
)
model.set_weights([values for layer in initial_layers() for values in layer])
model.compile(
    # Its loss is the batch's mean.
    optimizer=tf.keras.optimizers.SGD(rate * BATCH),
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    jit_compile=True,
)


def epoch_of_order(_):
    # It draws an order of its own.
    history = model.fit(images, labels, batch_size=BATCH, epochs=1, shuffle=True, verbose=0)
    return history.history["loss"][0] * samples


train(epoch_of_order)
