/** synaptic: sample by sample, logistic units, squared error. It has no batches, so this is another job. */
import synaptic from 'synaptic';
import { CLASSES, HIDDEN, INPUTS, oneHot, rowOf, runPeer } from './common.mjs';

await runPeer(({ images, labels, rate }) => {
  const net = new synaptic.Architect.Perceptron(INPUTS, HIDDEN, CLASSES);
  return (batch) => {
    for (const sample of batch) {
      net.activate(rowOf(images, sample));
      net.propagate(rate, oneHot(labels[sample]));
    }
    return Number.NaN;
  };
});
