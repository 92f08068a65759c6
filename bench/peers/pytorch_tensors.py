"""The reference's job in PyTorch at its fastest: gradients by hand, every result into a tensor that is there already.

No autograd, no optimizer, no allocation in the loop; the step on the weights is part of the product that makes their
gradient (W ← W − rate · xᵀδ in one addmm).
"""

import torch

from common import BATCH, CLASSES, INPUTS, WIDTHS, initial_layers, rate, read_data, samples, threads, train

torch.set_num_threads(threads)
torch.set_grad_enabled(False)

images, labels = map(torch.from_numpy, read_data())
layers = [(torch.from_numpy(W), torch.from_numpy(b)) for W, b in initial_layers()]
*hidden_layers, (V, v) = layers

X = torch.empty(BATCH, INPUTS)
# What hidden layers give, and the δ of each.
outputs = [torch.empty(BATCH, width) for width in WIDTHS[1:-1]]
deltas = [torch.empty(BATCH, width) for width in WIDTHS[1:-1]]
inputs = [X, *outputs]
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

        for (W, b), x, y in zip(hidden_layers, inputs, outputs):
            torch.addmm(b, x, W, out=y).relu_()
        torch.addmm(v, inputs[-1], V, out=Z)
        torch.log_softmax(Z, 1, out=Z)
        total -= torch.gather(Z, 1, targets, out=picked).sum()

        # δ of the logits: softmax − one-hot.
        delta = Z.exp_().scatter_add_(1, targets, minus_one)
        for i in range(len(layers) - 1, -1, -1):
            (W, b), x = layers[i], inputs[i]
            if i > 0:
                below = torch.mm(delta, W.t(), out=deltas[i - 1])
                # δ where ReLU was active, else 0.
                torch.ops.aten.threshold_backward(below, x, 0, grad_input=below)
            W.addmm_(x.t(), delta, alpha=-rate)
            b.sub_(delta.sum(0), alpha=rate)
            if i > 0:
                delta = below
    return total


train(epoch_of_order)
