"""The reference's job in PyTorch at its fastest: gradients by hand, every result into a tensor that is there already.

No autograd, no optimizer, no allocation in the loop; the step on the weights is part of the product that makes their
gradient (W ← W − rate · xᵀδ in one addmm).
"""

import torch

from common import BATCH, CLASSES, HIDDEN, INPUTS, initial_values, rate, read_data, samples, threads, train

torch.set_num_threads(threads)
torch.set_grad_enabled(False)

images, labels = map(torch.from_numpy, read_data())
U = torch.from_numpy(initial_values(INPUTS, HIDDEN, inputs=INPUTS))
u = torch.from_numpy(initial_values(HIDDEN, inputs=INPUTS))
V = torch.from_numpy(initial_values(HIDDEN, CLASSES, inputs=HIDDEN))
v = torch.from_numpy(initial_values(CLASSES, inputs=HIDDEN))

X = torch.empty(BATCH, INPUTS)
Y = torch.empty(BATCH, HIDDEN)
delta_Y = torch.empty(BATCH, HIDDEN)
Z = torch.empty(BATCH, CLASSES)
targets = torch.empty(BATCH, 1, dtype=torch.int64)
picked = torch.empty(BATCH, 1)
minus_one = torch.full((BATCH, 1), -1.0)


def epoch_of_order(order):
    order = torch.from_numpy(order)
    total = torch.zeros(())
    for first in range(0, samples, BATCH):
        batch = order[first : first + BATCH]
        torch.index_select(images, 0, batch, out=X)
        torch.index_select(labels, 0, batch, out=targets.view(-1))

        torch.addmm(u, X, U, out=Y).relu_()
        torch.addmm(v, Y, V, out=Z)
        torch.log_softmax(Z, 1, out=Z)
        total -= torch.gather(Z, 1, targets, out=picked).sum()

        # δ of the logits: softmax − one-hot.
        delta_Z = Z.exp_().scatter_add_(1, targets, minus_one)
        torch.mm(delta_Z, V.t(), out=delta_Y)
        # δ where ReLU was active, else 0.
        torch.ops.aten.threshold_backward(delta_Y, Y, 0, grad_input=delta_Y)

        V.addmm_(Y.t(), delta_Z, alpha=-rate)
        v.sub_(delta_Z.sum(0), alpha=rate)
        U.addmm_(X.t(), delta_Y, alpha=-rate)
        u.sub_(delta_Y.sum(0), alpha=rate)
    return total


train(epoch_of_order)
