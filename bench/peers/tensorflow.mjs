/**
 * The reference's job in TensorFlow.js: tensors, automatic gradients, its SGD optimizer.
 *
 * The last argument names the backend: wasm, cpu (plain JavaScript) or node (TensorFlow's C library).
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { BATCH, CLASSES, gather, HIDDEN, INPUTS, initialValues, runPeer } from './common.mjs';

// Loaded as CommonJS: the package's ES modules name their files in a way that Node does not take.
const require = createRequire(import.meta.url);
const backend = process.argv[9];
const tf = require(backend === 'node' ? '@tensorflow/tfjs-node' : '@tensorflow/tfjs');

await runPeer(async ({ images, labels, rate }) => {
  if (backend === 'wasm') {
    const wasm = require('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(`${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  }
  const registered = backend === 'node' ? 'tensorflow' : backend;
  if (!(await tf.setBackend(registered))) throw new Error(`no backend ${backend}`);

  const variable = (shape, inputs) =>
    tf.variable(
      tf.tensor(
        initialValues(
          shape.reduce((product, size) => product * size, 1),
          inputs,
        ),
        shape,
      ),
    );
  const U = variable([INPUTS, HIDDEN], INPUTS);
  const u = variable([HIDDEN], INPUTS);
  const V = variable([HIDDEN, CLASSES], HIDDEN);
  const v = variable([CLASSES], HIDDEN);
  const optimizer = tf.train.sgd(rate);

  return (batch) =>
    tf.tidy(() => {
      const x = tf.tensor2d(gather(images, batch), [BATCH, INPUTS]);
      const targets = tf.oneHot(
        Array.from(batch, (sample) => labels[sample]),
        CLASSES,
      );
      const lossOf = () => {
        const logits = x.matMul(U).add(u).relu().matMul(V).add(v);
        return tf.logSoftmax(logits).mul(targets).sum().neg();
      };
      return optimizer.minimize(lossOf, true).dataSync()[0];
    });
});
