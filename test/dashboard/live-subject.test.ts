/** A run as a subject of what explains networks: what it may show, and what it may not. */
import { describe, expect, it } from 'vitest';
import { LiveSubject } from '../../src/dashboard/live-subject.js';
import { NO_FACTS } from '../../src/memory/plan.js';
import type { RunView } from '../../src/run/view.js';
import { Explainer } from '../../src/tools/explain/explainer.js';

const LAYERS = [2, 3, 2];
/** As far as a subject looks. */
const viewOf = (isPrivate: boolean, parameters: () => Float32Array) =>
  ({
    ...{ layers: LAYERS, activation: 'relu', classes: 2, kernel: 'reference', skipsZeros: [true, true], isPrivate },
    objective: { name: 'softmax-cross-entropy', facts: NO_FACTS },
    config: { lr: 0.1, reduction: 'sum', batchSize: 2, optimizer: 'sgd' },
    samples: { train: 4, validation: 0, test: 4 },
    sample: () => ({ inputs: Float32Array.of(1, 0.5), target: Uint32Array.of(1) }),
    parameters,
  }) as unknown as RunView;

const ones = () => new Float32Array(9 + 8).fill(0.5);
const test = { sample: { split: 'test', index: 0 } } as const;

describe('a run that is explained', () => {
  it('shows no training samples if it is private', async () => {
    const explainer = new Explainer(new LiveSubject(viewOf(true, ones), 'x'));
    for (const ask of [
      { ask: 'batch', unit: 0, first: 0, count: 1 },
      { ask: 'step', first: 0, count: 1 },
      { ask: 'taught', ...test },
    ]) {
      await expect(explainer.answer(ask)).rejects.toThrow(/^the training samples of a private run are secret$/);
    }
    const own = { ask: 'passes', sample: { split: 'train', index: 0 } };
    await expect(explainer.answer(own)).rejects.toThrow(/^index: there is none$/);
    expect(await explainer.answer({ ask: 'passes', ...test })).toBeDefined();
  });

  it('is copied once in a while, when a sample is asked for, and once more when it is over', async () => {
    let copies = 0;
    const subject = new LiveSubject(
      viewOf(false, () => ones().fill(++copies)),
      'x',
    );
    const explainer = new Explainer(subject);
    expect(copies).toBe(0);
    for (let i = 0; i < 3; i++) expect((await explainer.answer({ ask: 'passes', ...test })).version).toBe(1);
    expect(copies).toBe(1);
    explainer.outdate();
    subject.isLive = false;
    // A unit is one of the weights that the sample was shown with.
    expect(await explainer.answer({ ask: 'unit', layer: 0, unit: 1, ...test })).toMatchObject({ version: 1, bias: 1 });
    expect((await explainer.answer({ ask: 'passes', ...test })).version).toBe(2);
    expect(await explainer.answer({ ask: 'unit', layer: 0, unit: 1, ...test })).toMatchObject({ version: 2, bias: 2 });
    expect(copies).toBe(2);
  });

  it('whose weights are no longer finite says so', async () => {
    const explainer = new Explainer(
      new LiveSubject(
        viewOf(false, () => ones().fill(Number.NaN)),
        'x',
      ),
    );
    await expect(explainer.answer({ ask: 'passes', ...test })).rejects.toThrow(
      /^the network computes no finite numbers/,
    );
  });
});
