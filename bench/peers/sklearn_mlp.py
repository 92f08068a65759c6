"""The reference's job with scikit-learn's MLPClassifier, plain SGD. (Threads are those of its BLAS, by the environment.)

With two classes it has one logistic output in place of two of softmax: another job then.
"""

import numpy as np
from sklearn.neural_network import MLPClassifier

from common import BATCH, CLASSES, WIDTHS, initial_layers, rate, read_data, samples, train

images, labels = read_data()
model = MLPClassifier(
    WIDTHS[1:-1],
    solver="sgd",
    momentum=0,
    nesterovs_momentum=False,
    alpha=0,
    batch_size=BATCH,
    # It takes the batch's mean.
    learning_rate_init=rate * BATCH,
    random_state=1,
)

# A first step, of which nothing stays: it makes the arrays, and then the reference's initial values take their place.
model.partial_fit(images[:BATCH], labels[:BATCH], classes=np.arange(CLASSES))
for (W, b), coefficients, intercepts in zip(initial_layers(), model.coefs_, model.intercepts_):
    coefficients[...] = W[:, : coefficients.shape[1]]
    intercepts[...] = b[: len(intercepts)]


def epoch_of_order(_):
    # An epoch, in an order of its own.
    model.partial_fit(images, labels)
    return model.loss_curve_[-1] * samples


train(epoch_of_order)
