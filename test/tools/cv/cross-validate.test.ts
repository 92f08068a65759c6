/** Cross-validation: each fold is what `train --fold` gives, bit for bit, however many run at once. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkOptions, type TrainOptions } from '../../../src/config/options.js';
import type { CvEvent, FoldEvent } from '../../../src/metrics/cv-events.js';
import type { EndEvent } from '../../../src/metrics/events.js';
import { type CrossValidateInput, crossValidate } from '../../../src/tools/cv/library.js';
import { type OutOfFoldClass, type OutOfFoldNumbers, writePredictions } from '../../../src/tools/cv/out-of-fold.js';
import { trainAny } from '../../../src/tools/ensemble/train-any.js';
import { loadModel } from '../../../src/tools/network.js';
import { collect } from '../../support/events.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { csvOfNumbers, numberRows } from '../../support/number-tables.js';
import { refusalOf } from '../../support/refusals.js';
import { IRIS } from '../../support/tables.js';
import { valuesOf } from '../../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string) => path.join(folder.path, name);

const SMALL = { hidden: [6], epochs: 2, batchSize: 16, lr: 0.02 } as const;
const CLASSES = { ...SMALL, data: IRIS, label: 'species' } as const;
const numbers = folder.write('numbers.csv', csvOfNumbers(numberRows(60, 3)));
const NUMBERS = { ...SMALL, data: numbers, target: ['price', 'tiny'] } as const;

/** Without what is a time. */
const timeless = ({ seconds: _, ...event }: FoldEvent) => event;

async function foldsOf(given: CrossValidateInput): Promise<object[]> {
  return (await crossValidate({ folds: 3, ...given })).folds.map(timeless);
}

describe.each([
  ['classes', CLASSES, { validationSplit: 0.2, keepBest: true }],
  ['numbers', NUMBERS, {}],
] as const)('of %s', (_, given, others) => {
  const job = { ...given, ...others } as CrossValidateInput;

  it('each fold is that of train, and its predictions are those of the saved model', async () => {
    const { folds, predictions, metrics } = await crossValidate({ ...job, folds: 2, repeats: 2, foldSeed: 5 });
    expect(folds.map(({ repeat, fold, fold_seed }) => [repeat, fold, fold_seed])).toEqual([
      ...[1, 2].map((fold) => [1, fold, 5]),
      ...[1, 2].map((fold) => [2, fold, 6]),
    ]);
    const { repeat, fold, fold_seed, ...found } = timeless(folds[3]!);
    const save = at(`${given.hidden}-fold.safetensors`);
    const run = await collect({ ...(job as TrainOptions), fold: `${fold}/2`, foldSeed: fold_seed, save });
    const { seconds: __, saved: ___, ...end } = run.end;
    const { train, test, validation } = run.start.dataset;
    expect(found).toMatchObject({ ...end, event: 'fold', train, test, ...(validation && { validation }) });
    const own = predictions.filter((each) => each.repeat === repeat && each.fold === fold);
    expect(own).toHaveLength(test);
    const network = await loadModel(save);
    const lines = readFileSync(given.data, 'utf8').split('\n');
    for (const each of own) {
      const cells = lines[each.row - 1]!.split(',');
      const inputs = network.columns!.map((name) => cells[lines[0]!.split(',').indexOf(name)]!);
      if ('label' in each) {
        const { className, probabilities, label } = network.predict(inputs);
        expect(each).toMatchObject({ label: cells[4], class: className, probabilities: [...probabilities] });
        expect(each.probability).toBe(probabilities[label]);
      } else {
        expect(Object.values(each.estimates)).toEqual([...network.estimate(inputs)]);
        expect(Object.values(each.targets)).toEqual(cells.slice(3).map(Number));
      }
    }
    // They are those of the fold's rows.
    if (found.accuracy !== undefined) expect(1 - found.accuracy).toBeCloseTo(end.test_error!, 12);
    else {
      const squares = (own as OutOfFoldNumbers[]).map((each) => (each.targets.price! - each.estimates.price!) ** 2);
      const rmse = Math.sqrt(squares.reduce((sum, square) => sum + square) / own.length);
      expect(rmse / end.test_targets![0]!.rmse).toBeCloseTo(1, 9);
    }
    const mean = folds.reduce((sum, event) => sum + event.test_loss!, 0) / 4;
    expect(metrics[0]).toMatchObject({ metric: 'test_loss', folds: 4, mean });
  });
});

const HELD_OUT = { ...CLASSES, validationSplit: 0.2, keepBest: true };
it.each(valuesOf<readonly CrossValidateInput[]>([HELD_OUT, NUMBERS], [HELD_OUT]))(
  'the results do not depend on how many folds run at once, nor on threads (%#)',
  async (job) => {
    const one = await foldsOf({ ...job, atOnce: 1 });
    expect(one).toHaveLength(3);
    const others: CrossValidateInput[] = [{ atOnce: 3, threads: 2 }, { atOnce: 2 }, { threads: 3 }];
    for (const other of valuesOf(others, others.slice(0, 1))) expect(await foldsOf({ ...job, ...other })).toEqual(one);
  },
);

it('each row has one out-of-fold prediction per repeat, as NDJSON and as CSV', async () => {
  const [ndjson, csv] = [at('oof.ndjson'), at('oof.csv')];
  const { predictions } = await crossValidate({ ...CLASSES, folds: 2, repeats: 2, output: ndjson });
  expect(predictions.map(({ row }) => row)).toEqual([1, 2].flatMap(() => Array.from({ length: 150 }, (_, r) => r + 2)));
  const lines = readFileSync(ndjson, 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(predictions);
  await writePredictions(csv, predictions, ['setosa', 'versicolor', 'virginica']);
  const [header, first] = readFileSync(csv, 'utf8').split('\n');
  expect(header).toBe(
    'repeat,fold,row,label,class,probability,probability_setosa,probability_versicolor,probability_virginica',
  );
  const { repeat, fold, row, label, class: predicted, probability, probabilities } = predictions[0] as OutOfFoldClass;
  expect(first).toBe([repeat, fold, row, label, predicted, probability, ...probabilities!].join());
  const { predictions: estimates } = await crossValidate({ ...NUMBERS, folds: 2, output: csv });
  const [heading, line] = readFileSync(csv, 'utf8').split('\n');
  expect(heading).toBe('repeat,fold,row,target_price,predicted_price,target_tiny,predicted_tiny');
  const { targets, estimates: found, ...place } = estimates[0] as OutOfFoldNumbers;
  expect(line).toBe([...Object.values(place), targets.price, found.price, targets.tiny, found.tiny].join());
});

describe('a fold that diverges', () => {
  // In all folds but the one that holds it out, a row with a huge input is trained on.
  const rows = Array.from({ length: 30 }, (_, r) => `${r === 7 ? 1e30 : r / 30},${r % 2 ? 'a' : 'b'}`);
  const data = folder.write('huge.csv', `x,y\n${rows.join('\n')}\n`);
  const job = { ...SMALL, data, label: 'y', scale: 'none', optimizer: 'sgd', folds: 3 } as const;

  it('is reported, and the others go on', async () => {
    const output = at('diverged.ndjson');
    const events: CvEvent[] = [];
    const { message, status, code } = await refusalOf(() =>
      crossValidate({ ...job, output, onEvent: (event) => events.push(event) }),
    );
    const folds = events.filter((event) => event.event === 'fold');
    const states = folds.map((event) => event.status).sort();
    expect(states).toEqual(['completed', 'failed', 'failed']);
    for (const fold of folds.filter((event) => event.status === 'failed')) expect(fold.message).toContain('not finite');
    expect(events.at(-1)).toMatchObject({ event: 'cv_end', status: 'failed', completed: 1, output });
    expect([code, status]).toEqual(['folds_failed', 1]);
    expect(message).toMatch(/^2 of 3 folds failed; the first is fold \d of repeat 1: the loss is not finite/);
    expect(readFileSync(output, 'utf8').trim().split('\n')).toHaveLength(10);
  });
});

describe('an abort', () => {
  it('ends it in order: what has begun is reported, and nothing is written', async () => {
    const abort = new AbortController();
    const output = at('aborted.ndjson');
    const { status, folds, metrics } = await crossValidate({
      ...{ ...CLASSES, epochs: 60, folds: 10, atOnce: 2, output, signal: abort.signal },
      onEvent: ({ event }) => event === 'fold' && abort.abort(),
    });
    expect(status).toBe('interrupted');
    expect(folds.length).toBeLessThan(10);
    expect(folds[0]!.status).toBe('completed');
    expect(metrics[0]!.folds).toBe(folds.filter((fold) => fold.status === 'completed').length);
    expect(() => readFileSync(output)).toThrow('ENOENT');
  });

  it('before the first fold throws its reason', async () => {
    const reason = new Error('enough');
    await expect(crossValidate({ ...CLASSES, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('in memory', () => {
  it('a table gives the same as its file', async () => {
    const [header, ...lines] = readFileSync(IRIS, 'utf8').trim().split('\n');
    const names = header!.split(',');
    const rows = lines.map((line) => {
      const cells = line.split(',');
      return Object.fromEntries(names.map((name, i) => [name, name === 'species' ? cells[i]! : Number(cells[i])]));
    });
    const { data: _, label: __, ...others } = CLASSES;
    const fromMemory = await foldsOf({ ...others, data: { rows, label: 'species' }, folds: 2 });
    expect(fromMemory).toEqual(await foldsOf({ ...CLASSES, folds: 2 }));
  });

  it.each([
    [{ folds: 1 }, '`folds`: expected a whole number from 2 to 10000'],
    [{ save: 'x' }, '`save`: not available with lockstep cv'],
    [{ private: true }, '`private`: not available'],
    [{ fold: '1/2' }, '`fold`: not available'],
    [{ folds: 151 }, '`folds` 151: there are only 150 training samples'],
    [{ output: 'a.txt' }, '`output` a.txt: unsupported file type'],
    [{ stray: 1 }, '`stray`'],
    [{ onEvent: 1 }, '`onEvent`: expected a function'],
    [{ label: undefined, target: ['petal_width'], stratify: true }, '`stratify`: only for classes'],
  ])('%j is refused', async (given, expected) => {
    const { error } = await refusalOf(() => crossValidate({ ...CLASSES, ...given } as CrossValidateInput));
    expect(error.message).toContain(expected);
  });
});

it('an ensemble for each fold is that of train', async () => {
  const { folds } = await crossValidate({ ...CLASSES, folds: 2, ensemble: 2 });
  const { event: _, repeat, fold, fold_seed: foldSeed, ...found } = timeless(folds[1]!) as FoldEvent;
  expect([repeat, fold]).toEqual([1, 2]);
  const given = checkOptions({ ...(CLASSES as TrainOptions), fold: '2/2', foldSeed, ensemble: 2 });
  let end: object = {};
  for await (const event of trainAny(given, {}, {})) if (event.event === 'end') end = event;
  const { event: __, seconds: ___, ...own } = end as EndEvent;
  expect(own.ensemble!.members).toBe(2);
  expect(found).toMatchObject(own);
  expect(1 - found.accuracy!).toBeCloseTo(own.test_error!, 12);
});
