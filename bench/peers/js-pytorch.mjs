/** The reference's job in js-pytorch, on its plain JavaScript device. It has Adam only: the SGD step is written out. */
import { torch } from 'js-pytorch';
import { BATCH, CLASSES, HIDDEN, INPUTS, initialValues, rowOf, runPeer } from './common.mjs';

class Network extends torch.nn.Module {
  constructor() {
    super();
    this.hidden = new torch.nn.Linear(INPUTS, HIDDEN);
    this.relu = new torch.nn.ReLU();
    this.output = new torch.nn.Linear(HIDDEN, CLASSES);
  }

  forward(x) {
    return this.output.forward(this.relu.forward(this.hidden.forward(x)));
  }
}

await runPeer(({ images, labels, rate }) => {
  const net = new Network();
  for (const { W, b } of [net.hidden, net.output]) {
    for (const row of [...W.data, b.data]) row.splice(0, row.length, ...initialValues(row.length, W.data.length));
  }
  const lossOf = new torch.nn.CrossEntropyLoss();

  return (batch) => {
    const x = torch.tensor(Array.from(batch, (sample) => Array.from(rowOf(images, sample))));
    const y = torch.tensor(Array.from(batch, (sample) => labels[sample]));
    const loss = lossOf.forward(net.forward(x), y);
    loss.backward();
    for (const parameter of net.parameters()) {
      // Its loss is the batch's mean.
      subtract(parameter.data, parameter.grad, rate * BATCH);
      // (`zero_grad_graph` of the loss does not reach them.)
      parameter.zero_grad();
    }
    return loss.data * BATCH;
  };
});

function subtract(values, gradients, rate) {
  for (const [i, gradient] of gradients.entries()) {
    if (Array.isArray(gradient)) subtract(values[i], gradient, rate);
    else values[i] -= rate * gradient;
  }
}
