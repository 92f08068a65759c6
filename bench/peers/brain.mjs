/** brain.js: sample by sample, squared error, ReLU at the output too. It has no batches, so this is another job. */
import brain from 'brain.js';
import { HIDDEN, oneHot, rowOf, runPeer } from './common.mjs';

/** It refuses 0. */
const NO_MOMENTUM = Number.MIN_VALUE;

await runPeer(({ images, labels, rate }) => {
  const net = new brain.NeuralNetwork({
    hiddenLayers: [HIDDEN],
    activation: 'relu',
    learningRate: rate,
    momentum: NO_MOMENTUM,
  });
  const pairOf = (sample) => ({ input: rowOf(images, sample), output: oneHot(labels[sample]) });
  return (batch) => {
    net.train(Array.from(batch, pairOf), { iterations: 1, errorCheckInterval: 2 });
    return Number.NaN;
  };
});
