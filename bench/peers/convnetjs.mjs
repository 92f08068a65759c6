/** The reference's job in ConvNetJS: sample by sample, float64, a step after each batch. */
import convnetjs from 'convnetjs';
import { BATCH, CLASSES, HIDDEN, INPUTS, initialValues, rowOf, runPeer } from './common.mjs';

await runPeer(({ images, labels, rate }) => {
  const net = new convnetjs.Net();
  net.makeLayers([
    { type: 'input', out_sx: 1, out_sy: 1, out_depth: INPUTS },
    { type: 'fc', num_neurons: HIDDEN, activation: 'relu' },
    { type: 'softmax', num_classes: CLASSES },
  ]);
  for (const { layer_type, filters, biases, num_inputs } of net.layers) {
    if (layer_type !== 'fc') continue;
    for (const { w } of [...filters, biases]) w.set(initialValues(w.length, num_inputs));
  }
  // It divides a batch's gradient by the batch's size.
  const options = { method: 'sgd', momentum: 0, l2_decay: 0, batch_size: BATCH, learning_rate: rate * BATCH };
  const trainer = new convnetjs.Trainer(net, options);

  const input = new convnetjs.Vol(1, 1, INPUTS);
  return (batch) => {
    let loss = 0;
    for (const sample of batch) {
      input.w.set(rowOf(images, sample));
      loss += trainer.train(input, labels[sample]).cost_loss;
    }
    return loss;
  };
});
