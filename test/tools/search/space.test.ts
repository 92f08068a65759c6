/** Ranges and choices, the values of trials, rungs, and what mattered. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { applicable, type CheckedOptions, resolveOptions } from '../../../src/config/options.js';
import type { SearchStartEvent, TrialEvent } from '../../../src/metrics/search-events.js';
import { importanceOf, ranksOf } from '../../../src/tools/search/importance.js';
import { searchPicture } from '../../../src/tools/search/picture.js';
import { ranked, rungsFor } from '../../../src/tools/search/rungs.js';
import { dimensionOf, valuesOfTrial } from '../../../src/tools/search/space.js';
import { readSpace } from '../../../src/tools/search/space-file.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { refusalOf } from '../../support/refusals.js';

const lr = (text: string) => dimensionOf('lr', text, Number);
const widths = (text: string) => (text === 'none' ? [] : text.split(',').map(Number));
const hidden = (text: string) => dimensionOf('hidden', text, widths);

describe('a dimension', () => {
  it.each([
    ['1e-4..1e-1', { low: 1e-4, high: 0.1, isLog: true, isInteger: false }],
    ['0.1..0.2', { low: 0.1, high: 0.2, isLog: false }],
    [' 1 .. 10 ', { low: 1, high: 10, isLog: true }],
  ])('%j is a range', (text, expected) => {
    expect(lr(text)).toMatchObject({ name: 'lr', kind: 'range', ...expected });
  });

  it('has choices of widths, or of names', () => {
    expect(hidden('64|256,256|none')).toEqual({ name: 'hidden', kind: 'choice', values: [[64], [256, 256], []] });
    expect(dimensionOf('optimizer', 'sgd|adam', String)).toMatchObject({ values: ['sgd', 'adam'] });
  });

  it.each([
    [() => lr('2..1'), /^--lr 2..1: expected a range low..high/],
    [() => lr('1..1'), /expected a range/],
    [() => lr('1..2..3'), /expected a range/],
    [() => lr('0..1'), /^--lr 0: expected a positive number/],
    [() => lr('1..x'), /^--lr NaN: expected a positive number/],
    [() => lr('1|1.0'), /^--lr 1\|1: expected 2 to 1000 different values/],
    [() => hidden('64|0'), /^--hidden 0: expected comma-separated widths/],
    [() => dimensionOf('seed', '1..3', Number), /^--seed 1..3: this option must be the same for all trials/],
    [() => dimensionOf('loss', 'mse|mae', String), /^--loss mse\|mae: this option must be the same/],
    [() => dimensionOf('validationSplit', '0.1..0.3', Number), /must be the same/],
    [() => dimensionOf('optimizer', 'sgd|foo', String), /^--optimizer foo: expected one of/],
  ])('that makes no sense is refused (%#)', async (act, expected) => {
    const { message, status } = await refusalOf(act);
    expect(message).toMatch(expected);
    expect(status).toBe(2);
  });
});

describe('a space in a file', () => {
  const folder = temporaryFolder();
  afterAll(() => folder.remove());
  const parserOf = (name: string) => (name === 'hidden' ? widths : name === 'optimizer' ? String : Number);
  const spaceOf = (value: unknown) =>
    readSpace(folder.write('space.json', typeof value === 'string' ? value : JSON.stringify(value)), parserOf);

  it('has texts, arrays and ranges', async () => {
    const found = await spaceOf({
      ...{ lr: '1e-4..1', hidden: [[64], [256, 256]], nesterov: [true, false], optimizer: 'sgd|adam' },
      ...{ momentum: { low: 0.1, high: 0.9 }, weight_decay: { low: 1, high: 2, scale: 'log' }, batch_size: '8..16' },
    });
    expect(found).toEqual([
      lr('1e-4..1'),
      hidden('64|256,256'),
      { name: 'nesterov', kind: 'choice', values: [true, false] },
      { name: 'optimizer', kind: 'choice', values: ['sgd', 'adam'] },
      { name: 'momentum', kind: 'range', low: 0.1, high: 0.9, isLog: false, isInteger: false },
      { name: 'weightDecay', kind: 'range', low: 1, high: 2, isLog: true, isInteger: false },
      { name: 'batchSize', kind: 'range', low: 8, high: 16, isLog: false, isInteger: true },
    ]);
  });

  it.each([
    ['{x', /space.json: invalid JSON/],
    ['', /invalid JSON/],
    ['"\\ud800"', /not an object/],
    [[1], /not an object/],
    [{ lrr: '1..2' }, /no option "lrr"; did you mean lr\?$/],
    [{ ['x'.repeat(5000)]: 1 }, /no option "x{100,190}…; /],
    [{ lr: 5 }, /lr is neither a text/],
    [{ hidden: { low: 1, high: 2 } }, /hidden is neither a text/],
    [{ lr: { low: 1, high: 2, step: 1 } }, /lr has other fields/],
    [{ lr: { low: 1, high: 2, scale: 'exp' } }, /lr has other fields/],
    [{ lr: { low: 1 } }, /^--lr undefined: expected a positive/],
    [{ weight_decay: { low: 0, high: 1, scale: 'log' } }, /^--weight-decay 0..1: expected a range/],
    [{ lr: [0.1] }, /^--lr 0.1: expected 2 to 1000 different values/],
    [{ lr: [0.1, '0.2'] }, /^--lr 0.2: expected a positive/],
    [{ nesterov: [true, 1] }, /^--nesterov 1: expected true or false/],
    [{ seed: [1, 2] }, /^--seed 1\|2: this option must be the same/],
  ])('that makes no sense is refused (%#)', async (value, expected) => {
    const { message, status } = await refusalOf(() => spaceOf(value));
    expect(message).toMatch(expected);
    expect(status).toBe(2);
  });
});

describe('the picture', () => {
  it('has a point for each trial and option, and is safe to show', () => {
    const space = [lr('1e-4..1'), hidden('8|64'), dimensionOf('momentum', '0..0.9', Number)];
    const trials = Array.from({ length: 30 }, (_, t): TrialEvent => {
      const { momentum, ...values } = valuesOfTrial(space, 5, t + 1);
      const loss = t === 3 ? null : 1 + values.lr! + t / 100;
      const options = t % 2 ? values : { ...values, momentum };
      const status = loss === null ? 'failed' : 'completed';
      return { ...{ event: 'trial', trial: t + 1, rung: 1, status }, options, epochs: 1, loss, seconds: 0 };
    });
    const start = { dataset: { name: '<b>&' }, folds: null } as unknown as SearchStartEvent;
    const svg = searchPicture(start, space, trials, trials[0]);
    expect(svg.match(/<circle /g)).toHaveLength(30 + 30 + 15);
    // A failed trial, and the three largest of the other 29 losses, in two charts; every second one in the third.
    expect(svg.match(/<circle [^>]*stroke-width="1.5"/g)!.length).toBeGreaterThanOrEqual(6);
    expect(svg).toContain('Search on &lt;b&gt;&amp;');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    const failed = trials.map((trial): TrialEvent => ({ ...trial, loss: null, status: 'failed' }));
    expect(searchPicture(start, space, failed, undefined)).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('the values of a trial', () => {
  it('are in their range, have few digits, and do not depend on the order of the options', () => {
    const space = [lr('1e-5..1'), hidden('8|16,8'), dimensionOf('batchSize', '3..300', Number)];
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 1e6 }), (seed, trial) => {
        const values = valuesOfTrial(space, seed, trial);
        expect(values.lr).toBeGreaterThanOrEqual(1e-5);
        expect(values.lr).toBeLessThanOrEqual(1);
        expect(Number(values.lr!.toPrecision(4))).toBe(values.lr);
        expect(Number.isInteger(values.batchSize)).toBe(true);
        expect(values.batchSize).toBeGreaterThanOrEqual(3);
        expect(values.batchSize).toBeLessThanOrEqual(300);
        expect(valuesOfTrial(space.toReversed(), seed, trial)).toEqual(values);
      }),
    );
  });

  it('of a wide range are uniform on a logarithmic scale, of a narrow one on a linear scale', () => {
    const drawn = (text: string) => Array.from({ length: 4000 }, (_, t) => valuesOfTrial([lr(text)], 1, t + 1).lr!);
    const below = (values: readonly number[], bound: number) => values.filter((value) => value < bound).length / 4000;
    const wide = drawn('1e-4..1');
    for (const [bound, expected] of [
      [1e-3, 0.25],
      [1e-2, 0.5],
      [1e-1, 0.75],
    ] as const) {
      expect(Math.abs(below(wide, bound) - expected)).toBeLessThan(0.03);
    }
    expect(Math.abs(below(drawn('1..2'), 1.5) - 0.5)).toBeLessThan(0.03);
  });

  it('stay the same in later versions', () => {
    const space = [lr('1e-4..1'), hidden('8|64|64,32')];
    expect([1, 2, 3].map((trial) => valuesOfTrial(space, 1, trial))).toEqual([
      { hidden: [64], lr: 0.0001671 },
      { hidden: [64, 32], lr: 0.004272 },
      { hidden: [64, 32], lr: 0.6583 },
    ]);
    expect(valuesOfTrial(space, 2, 1)).not.toEqual(valuesOfTrial(space, 1, 1));
  });

  it('that do not apply are left out', () => {
    const values = { optimizer: 'adam', momentum: 0.5, beta1: 0.8, lr: 0.1 } as const;
    const kept = (options: CheckedOptions) => applicable(options, (some) => ({ ...resolveOptions({}), ...some }));
    expect(kept(values)).toEqual({ optimizer: 'adam', beta1: 0.8, lr: 0.1 });
    expect(kept({ ...values, optimizer: 'sgd' })).toEqual({ optimizer: 'sgd', momentum: 0.5, lr: 0.1 });
    // Without momentum, which Adam has not, there is no Nesterov momentum, either.
    expect(kept({ ...values, nesterov: true })).toEqual({ optimizer: 'adam', beta1: 0.8, lr: 0.1 });
    expect(kept({ hidden: [], dropout: 0.5, activation: 'gelu' })).toEqual({ hidden: [] });
  });
});

describe('rungs', () => {
  it.each([
    [20, undefined, [[20, 1]]],
    [1, 3, [[1, 1]]],
    [
      27,
      3,
      [
        [27, 1 / 27],
        [9, 1 / 9],
        [3, 1 / 3],
        [1, 1],
      ],
    ],
    [
      10,
      3,
      [
        [10, 1 / 9],
        [3, 1 / 3],
        [1, 1],
      ],
    ],
  ])('of %i trials with the factor %s', (trials, factor, expected) => {
    const found = rungsFor(trials, factor).map((rung) => [rung.trials, rung.fraction]);
    expect(found.map(([count]) => count)).toEqual(expected.map(([count]) => count));
    for (const [i, [, fraction]] of found.entries()) expect(fraction).toBeCloseTo(expected[i]![1]!, 12);
  });

  it('promote by loss, then by the number of the trial; never a failed one', () => {
    const judged = [
      { trial: 4, loss: 0.5 },
      { trial: 2, loss: 0.5 },
      { trial: 1, loss: null },
      { trial: 3, loss: 0.1 },
    ];
    expect(ranked(judged).map(({ trial }) => trial)).toEqual([3, 2, 4]);
  });
});

describe('what mattered', () => {
  const trialsOf = (count: number, lossOf: (values: { lr: number; hidden: number }, t: number) => number | null) =>
    Array.from({ length: count }, (_, t): TrialEvent => {
      const values = valuesOfTrial([lr('1e-4..1'), hidden('8|64')], 5, t + 1) as { lr: number; hidden: number[] };
      const loss = lossOf({ lr: values.lr, hidden: values.hidden[0]! }, t);
      const status = loss === null ? 'failed' : 'completed';
      return { event: 'trial', trial: t + 1, rung: 1, status, options: { ...values }, epochs: 1, loss, seconds: 0 };
    });
  const space = [lr('1e-4..1'), hidden('8|64')];

  it('is the option that the loss depends on', () => {
    const byRate = importanceOf(
      space,
      trialsOf(80, (values) => Math.abs(Math.log(values.lr) + 4)),
    );
    expect(byRate[0]!.option).toBe('lr');
    expect(byRate[0]!.share).toBeGreaterThan(0.5);
    expect(byRate[1]!.share).toBeLessThan(0.1);
    const byWidth = importanceOf(
      space,
      trialsOf(80, (values, t) => (values.hidden === 8 ? 1 : null) ?? t * 1e-6),
    );
    expect(byWidth[0]!.option).toBe('hidden');
    expect(byWidth[0]!.share).toBeGreaterThan(0.7);
  });

  it('is nothing if all losses are equal, or there is one trial', () => {
    for (const count of [1, 9]) {
      expect(
        importanceOf(
          space,
          trialsOf(count, () => 1),
        ).map(({ share }) => share),
      ).toEqual([0, 0]);
    }
  });

  it('gives equal values the mean of their ranks', () => {
    expect(ranksOf([3, 1, 3, 0, Number.POSITIVE_INFINITY])).toEqual([2.5, 1, 2.5, 0, 4]);
  });
});
