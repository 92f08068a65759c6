/** The schedule `plateau` against PyTorch's rule, written out here, from the losses that the events state. */
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { FRESH_PLATEAU, plateauAfter } from '../../src/optim/plateau.js';
import { collect, collectUntil } from '../support/events.js';
import type { Folder } from '../support/idx-files.js';
import { JOB, writeJobData } from '../support/optimizer-job.js';
import { refusalOf } from '../support/refusals.js';
import { resultsOf } from '../support/results.js';
import { valuesOf } from '../support/thoroughness.js';

/** torch.optim.lr_scheduler.ReduceLROnPlateau, mode min, with its other defaults. */
class ReduceLROnPlateau {
  best = Number.POSITIVE_INFINITY;
  bad = 0;
  lr: number;
  readonly factor: number;
  readonly patience: number;

  constructor(lr: number, factor: number, patience: number) {
    this.lr = lr;
    this.factor = factor;
    this.patience = patience;
  }

  step(loss: number): void {
    if (loss < this.best * (1 - 1e-4)) {
      this.best = loss;
      this.bad = 0;
    } else this.bad++;
    if (this.bad <= this.patience) return;
    const lower = this.lr * this.factor;
    if (this.lr - lower > 1e-8) this.lr = lower;
    this.bad = 0;
  }
}

it('is the rule of PyTorch for any losses', () => {
  const losses = fc.array(fc.oneof(fc.double({ min: 0, max: 2, noNaN: true }), fc.constantFrom(1, 0.9999, 0.99989)));
  fc.assert(
    fc.property(losses, fc.nat(3), fc.constantFrom(0.1, 0.5, 1e-5), (all, lrPatience, lrGamma) => {
      const expected = new ReduceLROnPlateau(0.3, lrGamma, lrPatience);
      let state = FRESH_PLATEAU;
      for (const loss of all) {
        expected.step(loss);
        state = plateauAfter(state, loss, { lr: 0.3, lrGamma, lrPatience });
        expect(0.3 * state.factor).toBeCloseTo(expected.lr, 12);
      }
    }),
  );
});

let data: Folder;
let job: TrainOptions;
beforeAll(() => {
  data = writeJobData();
  job = { ...JOB, data: data.path, epochs: 12, lr: 0.4, momentum: 0.8, threads: 2 };
  job = { ...job, schedule: 'plateau', lrGamma: 0.5, lrPatience: 1 };
});
afterAll(() => data.remove());

describe.each([
  ['the training loss', 'train_loss', {}],
  ['the validation loss', 'validation_loss', { validationSplit: 0.25, keepBest: true }],
] as const)('by %s', (_, metric, others) => {
  it.each<'sliced' | 'dense'>(valuesOf(['sliced', 'dense'], ['sliced']))(
    'the rate falls when that does not, strategy %s',
    async (strategy) => {
      const { epochs } = await collect({ ...job, ...others, strategy });
      const expected = new ReduceLROnPlateau(0.4, 0.5, 1);
      for (const event of epochs) {
        expect(event.lr).toBeCloseTo(expected.lr, 12);
        expected.step(event[metric]!);
      }
      expect(expected.lr).toBeLessThan(0.2);
    },
  );

  it('is the same for any number of threads, and after a stop', async () => {
    const whole = await collect({ ...job, ...others, logEvery: 1 });
    expect(resultsOf((await collect({ ...job, ...others, threads: valuesOf(3, 1), logEvery: 1 })).all)).toEqual(
      resultsOf(whole.all),
    );
    for (const at of valuesOf([6, 21, 30], [21])) {
      const checkpointDir = path.join(data.path, `${metric}-${at}`);
      await collectUntil(at, { ...job, ...others, logEvery: 1, checkpointDir });
      const { end, epochs } = await collect({ resume: checkpointDir });
      expect(resultsOf([end])).toEqual(resultsOf([whole.end]).map((each) => ({ ...each, checkpoint: undefined })));
      expect(epochs.at(-1)!.lr).toBe(whole.epochs.at(-1)!.lr);
    }
  });
});

it('is refused for private runs, whose losses are secret', async () => {
  const given = { ...job, momentum: 0, private: true, dpDelta: 1e-3, dpClipNorm: 1, dpNoiseMultiplier: 1 };
  expect((await refusalOf(() => collect(given))).message).toContain('schedule');
});
