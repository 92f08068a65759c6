/** The reference's job in jax-js: one jitted step of loss, gradients and SGD, on its WebAssembly backend. */
import { BATCH, CLASSES, gather, HIDDEN, INPUTS, initialValues, runPeer } from './common.mjs';
import { provideWorkers } from './web-worker.mjs';

await runPeer(async ({ images, labels, threads, rate }) => {
  if (threads > 1) provideWorkers(threads);
  const { defaultDevice, init, jit, nn, numpy: np, valueAndGrad } = await import('@jax-js/jax');
  await init('wasm');
  defaultDevice('wasm');

  // Each use of an array takes it away; `ref` keeps it for one more.
  const lossOf = ([U, u, V, v], x, targets) => {
    const logits = np.matmul(nn.relu(np.matmul(x, U).add(u)), V).add(v);
    return nn.logSoftmax(logits).mul(targets).sum().neg();
  };
  const step = jit((parameters, x, targets) => {
    const [loss, gradients] = valueAndGrad(lossOf)(
      parameters.map((parameter) => parameter.ref),
      x,
      targets,
    );
    return [loss, parameters.map((parameter, i) => parameter.sub(gradients[i].mul(rate)))];
  });

  const array = (shape, values) => np.array(values).reshape(shape);
  let parameters = [
    array([INPUTS, HIDDEN], initialValues(INPUTS * HIDDEN, INPUTS)),
    array([HIDDEN], initialValues(HIDDEN, INPUTS)),
    array([HIDDEN, CLASSES], initialValues(HIDDEN * CLASSES, HIDDEN)),
    array([CLASSES], initialValues(CLASSES, HIDDEN)),
  ];
  return async (batch) => {
    const targets = new Float32Array(BATCH * CLASSES);
    for (const [slot, sample] of batch.entries()) targets[slot * CLASSES + labels[sample]] = 1;
    const x = array([BATCH, INPUTS], gather(images, batch));
    const [loss, stepped] = step(parameters, x, array([BATCH, CLASSES], targets));
    parameters = stepped;
    return (await loss.data())[0];
  };
});
