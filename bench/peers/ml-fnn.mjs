/**
 * ml-fnn: batches, softmax and cross-entropy, but always tanh whatever activation is asked for, and no initial value below
 * zero: another job. (Its public way to train knows no batches; the two methods below are what it does for each.)
 */
import FeedForwardNeuralNetwork from 'ml-fnn';
import { Matrix } from 'ml-matrix';
import { CLASSES, HIDDEN, INPUTS, rowOf, runPeer } from './common.mjs';

/** It takes 0 for its default. */
const NO_REGULARIZATION = Number.MIN_VALUE;

await runPeer(({ images, labels, rate }) => {
  const net = new FeedForwardNeuralNetwork({
    hiddenLayers: [HIDDEN],
    learningRate: rate,
    regularization: NO_REGULARIZATION,
  });
  net.buildNetwork(INPUTS, CLASSES);
  net.dicts = { inputs: Array.from({ length: CLASSES }, (_, j) => j) };
  return (batch) => {
    const x = new Matrix(Array.from(batch, (sample) => Array.from(rowOf(images, sample))));
    const targets = Array.from(batch, (sample) => labels[sample]);
    net.backpropagation(x, targets, net.propagate(x));
    return Number.NaN;
  };
});
