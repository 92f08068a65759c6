/**
 * Trains on images in memory, measures the model on other images, and classifies one.
 *
 *   node examples/images.mjs
 */
import { fit } from 'lockstep';

const SIZE = 8;

/** Bright bars on noise: horizontal (class 0) or vertical (class 1). */
function bars(count) {
  const images = new Uint8Array(count * SIZE * SIZE);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = Math.random() < 0.5 ? 0 : 1;
    const bar = Math.floor(Math.random() * SIZE);
    for (let row = 0; row < SIZE; row++) {
      for (let column = 0; column < SIZE; column++) {
        const isBar = (labels[i] === 0 ? row : column) === bar;
        images[(i * SIZE + row) * SIZE + column] = Math.random() * 100 + (isBar ? 155 : 0);
      }
    }
  }
  return { images, shape: [count, SIZE, SIZE], labels };
}

const test = bars(200);
const model = await fit({
  data: { ...bars(2000), test },
  hidden: [32],
  epochs: 20,
  optimizer: 'adam',
  reduction: 'mean',
});

const { accuracy, samples } = await model.evaluate(test);
console.log(`accuracy ${accuracy.toFixed(3)} on ${samples} images`);

const { label } = model.predict(bars(1).images);
console.log(label === 0 ? 'horizontal' : 'vertical');
