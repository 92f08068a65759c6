/** --test-at end: the test set is evaluated once, and the result is what an evaluation after every epoch gives. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import type { TrainEvent } from '../../src/metrics/events.js';
import { train } from '../../src/run/train.js';
import { collect, collectUntil } from '../support/events.js';
import { scratchWith } from '../support/scratch.js';
import { valuesOf } from '../support/thoroughness.js';

const scratch = scratchWith(120, 40);
/** Its validation loss rises in the end: the best epoch is not the last. */
const options = (): TrainOptions => ({
  ...{
    data: scratch.data,
    hidden: [30],
    batchSize: 10,
    lr: 0.05,
    validationSplit: 0.25,
    epochs: 6,
    threads: valuesOf(2, 1),
  },
});

const isOfTest = (name: string) => name.startsWith('test_');
const ofTest = (event: object) => Object.fromEntries(Object.entries(event).filter(([name]) => isOfTest(name)));
const LEFT_OUT = ['seconds', 'samples_per_second', 'wait_fraction', 'phase_fractions', 'checkpoint'];
const others = (event: object) =>
  Object.fromEntries(Object.entries(event).filter(([name]) => !isOfTest(name) && !LEFT_OUT.includes(name)));

/** Both ways. */
async function compared(more: TrainOptions) {
  const every = await collect({ ...options(), ...more });
  const atEnd = await collect({ ...options(), ...more, testAt: 'end' });
  // All else is the same, the weights included.
  expect(atEnd.epochs.map(others)).toEqual(every.epochs.map(others));
  expect(others(atEnd.end)).toEqual(others(every.end));
  return { every, atEnd };
}

describe('the test metrics', () => {
  it.each([
    ['of the last epoch', {}],
    ['without a validation set', { validationSplit: undefined }],
    ['with the reference kernel', { kernel: 'reference', threads: 3 }],
    ['with strategy dense', { strategy: 'dense' }],
  ] as const)('are in the last epoch event and in the end event: %s', async (_, more) => {
    const { every, atEnd } = await compared(more);
    expect(Object.keys(ofTest(every.end))).toEqual(['test_loss', 'test_error']);
    expect(ofTest(atEnd.end)).toEqual(ofTest(every.end));
    expect(atEnd.epochs.map(ofTest)).toEqual([...every.epochs.slice(1).map(() => ({})), ofTest(every.epochs.at(-1)!)]);
  });

  it.each([
    ['early stopping', { patience: 2, epochs: 40 }, 'patience'],
    ['a time limit', { maxTime: 1e-9 }, 'max_time'],
  ] as const)('after %s are in the last epoch event', async (_, more, reason) => {
    const { every, atEnd } = await compared(more);
    expect(atEnd.end.stopped_by).toBe(reason);
    expect(ofTest(atEnd.end)).toEqual(ofTest(every.end));
    expect(atEnd.epochs.flatMap((event) => (event.test_loss === undefined ? [] : [event.epoch]))).toEqual([
      atEnd.end.epochs,
    ]);
  });

  it.each(['auto', 'reference'] as const)(
    'of the best epoch are in the end event alone, if it is not the last: kernel %s',
    async (kernel) => {
      const { every, atEnd } = await compared({ keepBest: true, patience: 3, epochs: 40, kernel });
      expect(atEnd.end.best_epoch).toBeLessThan(atEnd.end.epochs);
      expect(ofTest(atEnd.end)).toEqual(ofTest(every.epochs[atEnd.end.best_epoch! - 1]!));
      expect(atEnd.epochs.map(ofTest)).toEqual(atEnd.epochs.map(() => ({})));
    },
  );

  it('of the initial weights, with --epochs 0', async () => {
    const { every, atEnd } = await compared({ epochs: 0 });
    expect(ofTest(every.end)).not.toEqual({});
    expect(ofTest(atEnd.end)).toEqual(ofTest(every.end));
  });
});

describe('a run that is interrupted', () => {
  it('has no test metrics, and when it is resumed, those of an uninterrupted run', async () => {
    const more = { keepBest: true, epochs: 7, testAt: 'end' as const };
    const whole = await collect({ ...options(), ...more });
    const checkpointDir = scratch.newPath();
    const first = await collectUntil(4, { ...options(), ...more, checkpointDir });
    expect(first.end.status).toBe('interrupted');
    expect(ofTest(first.end)).toEqual({});
    const rest = await collect({ resume: checkpointDir });
    expect(others(rest.end)).toEqual(others(whole.end));
    expect(ofTest(rest.end)).toEqual(ofTest(whole.end));
    // A complete run tells them again.
    const again = await collect({ resume: checkpointDir });
    expect(again.epochs).toEqual([]);
    expect(ofTest(again.end)).toEqual(ofTest(whole.end));
    const longer = await collect({ resume: checkpointDir, epochs: 9 });
    expect(longer.epochs.map(({ epoch }) => epoch)).toEqual([8, 9]);
    expect(longer.end.test_loss).toBeDefined();
  });

  it('in the middle of an epoch goes on with the other choice', async () => {
    const checkpointDir = scratch.newPath();
    await collect({ ...options(), epochs: 2, checkpointDir, checkpointEverySteps: 5, keep: 20, testAt: 'end' });
    const resume = path.join(checkpointDir, 'step-0000005.safetensors');
    const { epochs, end } = await collect({ resume, checkpointDir: scratch.newPath(), testAt: 'every' });
    expect(epochs.map(({ test_loss }) => test_loss !== undefined)).toEqual([true, true]);
    expect(end.weights_sha256).toBe((await collect({ ...options(), epochs: 2 })).end.weights_sha256);
  });
});

it('a test loss that is not finite is found at the end', async () => {
  const test = { images: new Float32Array(18).fill(3.4e38), shape: [2, 9], labels: [0, 1] };
  const images = Float32Array.from({ length: 90 }, (_, i) => (i * i) % 7);
  const data = { images, shape: [10, 9], labels: Array.from({ length: 10 }, (_, i) => i % 2), test };
  const events: TrainEvent[] = [];
  const run = async () => {
    for await (const event of train({ data, hidden: [50], init: 'he', epochs: 3, lr: 1e-3, testAt: 'end' }))
      events.push(event);
  };
  await expect(run()).rejects.toThrow(/the test loss is not finite/);
  expect(events.filter(({ event }) => event === 'epoch')).toHaveLength(2);
});
