/**
 * Trains on rows in memory, measures the model on other rows, and predicts a new one.
 *
 *   node examples/in-memory.mjs
 */
import { fit } from 'lockstep';

/** Whether a point lies in a ring, on a side that is red or blue. */
const rowAt = (i) => {
  const [angle, radius] = [i * 2.4, Math.sqrt(i % 97) / 10];
  const side = i % 3 === 0 ? 'red' : 'blue';
  const isInside = side === 'red' ? radius < 0.7 : radius > 0.7;
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle), side, place: isInside ? 'inside' : 'outside' };
};
const rows = Array.from({ length: 2000 }, (_, i) => rowAt(i));

const model = await fit({
  data: { rows: rows.slice(0, 1600), label: 'place' },
  hidden: [32],
  epochs: 40,
  optimizer: 'adam',
  lr: 0.01,
  reduction: 'mean',
  batchSize: 32,
  scale: 'standard',
});
const { accuracy, samples } = await model.evaluate({ rows: rows.slice(1600) });
console.log(`accuracy ${accuracy.toFixed(3)} on ${samples} rows`);

const { className, probabilities } = model.predict({ x: 0.1, y: 0.2, side: 'red' });
console.log(className, Object.fromEntries(model.classNames.map((name, k) => [name, probabilities[k].toFixed(3)])));
