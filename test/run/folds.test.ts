/** `--fold`: the samples of the fold are the test set, and nothing else in the run knows them. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tablePart } from '../../bin/commands/evaluation-table.js';
import type { TrainOptions } from '../../src/config/options.js';
import { foldOfEach } from '../../src/data/folds.js';
import { FILES } from '../../src/data/idx-folder.js';
import { atOnce } from '../../src/data/table/steps.js';
import { evaluateOn } from '../../src/tools/evaluation.js';
import { loadModel } from '../../src/tools/network.js';
import { collect, collectUntil } from '../support/events.js';
import { idxBytes, temporaryFolder } from '../support/idx-files.js';
import { MIXED_HEADER, mixedRows } from '../support/mixed-rows.js';
import { refusalOf } from '../support/refusals.js';
import { resultsAfter, resultsOf } from '../support/results.js';
import { csvOf } from '../support/tables.js';
import { valuesOf } from '../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const rows = mixedRows().filter((row) => row[5] !== '');
const classOf = (row: readonly string[]) => Number(row[5] === 'small');
const table = (some: readonly (readonly string[])[], name: string) =>
  folder.write(name, csvOf([MIXED_HEADER, ...some]));
const data = table(rows, 'all.csv');
const JOB: TrainOptions = { data, label: 'size', hidden: [9], batchSize: 16, epochs: 3, lr: 0.02, threads: 1 };

/** The rows of a fold, and the others. */
function partsOf(fold: number, folds: number, seed: number) {
  const foldOf = atOnce(foldOfEach(rows.length, folds, seed, { classes: rows.map(classOf) }));
  const apart = rows.filter((_, r) => foldOf[r] === fold - 1);
  return { apart, kept: rows.filter((_, r) => foldOf[r] !== fold - 1) };
}

/** As `lockstep evaluate` does it. */
async function evaluated(model: string, data: string, wanted?: 'train') {
  const network = await loadModel(model);
  const { split, samples } = await tablePart(model, network, data, wanted, { label: undefined, header: 'auto' });
  const { evaluation } = await evaluateOn(network, samples, { resamples: 0 });
  return { split, samples: samples.count, loss: evaluation.test_loss };
}

describe('a fold of a table', () => {
  it.each(
    valuesOf(
      [
        [1, 4, 1],
        [3, 4, 9],
      ],
      [[3, 4, 9]],
    ) as [number, number, number][],
  )(
    '%i of %i is what a run on the other rows is tested on: columns, weights and metrics',
    async (fold, folds, seed) => {
      const own = await collect({ ...JOB, fold: `${fold}/${folds}`, foldSeed: seed });
      const { apart, kept } = partsOf(fold, folds, seed);
      const others = { data: table(kept, 'kept.csv'), testData: table(apart, 'apart.csv') };
      const twoTables = await collect({ ...JOB, ...others, weightDecay: own.start.config.weight_decay });
      expect(own.start.columns).toEqual(twoTables.start.columns);
      expect([own.start.dataset.train, own.start.dataset.test]).toEqual([kept.length, apart.length]);
      expect(resultsOf(own.all)).toEqual(resultsOf(twoTables.all));
    },
  );

  it('depends on --seed only without --fold-seed', async () => {
    const run = async (given: TrainOptions) =>
      (await collect({ ...JOB, fold: '1/3', epochs: 0, ...given })).end.test_loss;
    const [one, two] = [await run({ seed: 1, foldSeed: 5 }), await run({ seed: 1, foldSeed: 6 })];
    expect(one).not.toBe(two);
    expect(await run({ seed: 6 })).toBe(await run({ seed: 6, foldSeed: 6 }));
  });

  it('is the same after a resume from the middle of an epoch', async () => {
    const job = { ...JOB, fold: '2/3', foldSeed: 4, validationSplit: 0.2, keepBest: true, logEvery: 1 };
    const whole = await collect(job);
    const checkpointDir = path.join(folder.path, 'run');
    await collectUntil(4, { ...job, checkpointDir });
    const rest = await collect({ resume: checkpointDir });
    expect(rest.start.resumed!.step).toBeLessThan(whole.epochs.at(-1)!.step);
    expect(resultsOf(rest.all)).toEqual(resultsAfter(whole.all, rest.start.resumed!));
    const { message } = await refusalOf(() => collect({ resume: checkpointDir, fold: '1/3' }));
    expect(message).toMatch(/^--fold 1\/3: .* was written (mid-epoch )?with 2\/3/);
  });

  it('is found again by evaluate', async () => {
    const save = path.join(folder.path, 'fold.safetensors');
    const { end } = await collect({ ...JOB, fold: '2/3', foldSeed: 4, limit: 100, save });
    expect(await evaluated(save, data)).toEqual({ split: 'test', samples: 33, loss: end.test_loss });
    expect(await evaluated(save, data, 'train')).toMatchObject({ split: 'train', samples: 67 });
  });
});

describe('--group', () => {
  // Ten rows of each of twelve patients; the first column tells patients apart.
  const patients = Array.from({ length: 120 }, (_, r) => {
    const patient = r % 12;
    return [`p${patient}`, String(patient * 7 + (r % 5)), patient % 3 === 0 ? 'ill' : 'well'];
  });
  const grouped = folder.write('patients.csv', csvOf([['patient', 'pulse', 'state'], ...patients]));
  const job: TrainOptions = { ...JOB, data: grouped, label: 'state', group: 'patient', epochs: 2 };

  it('keeps rows together in folds, validation and test splits, and is no input', async () => {
    const { start } = await collect({ ...job, fold: '1/4', validationSplit: 0.2 });
    expect(start.columns!.map(({ name }) => name)).toEqual(['pulse']);
    expect(start.dataset).toMatchObject({ train: 70, validation: 20, test: 30 });
    const split = await collect({ ...job, testSplit: 0.3, validationSplit: 0.1 });
    expect(split.start.dataset).toMatchObject({ train: 70, validation: 10, test: 40 });
  });

  it('is found again by evaluate', async () => {
    const save = path.join(folder.path, 'groups.safetensors');
    const { end } = await collect({ ...job, fold: '3/4', save });
    expect(await evaluated(save, grouped)).toEqual({ split: 'test', samples: 30, loss: end.test_loss });
    // Without the column of the groups it is another table.
    const other = folder.write('other.csv', csvOf([['pulse', 'state'], ...patients.map(([, ...cells]) => cells)]));
    expect(await evaluated(save, other)).toMatchObject({ split: 'all', samples: 120 });
  });

  it.each([
    [{ group: 'x' }, /^--group x: .* has no such column/, 2],
    [{ group: 'state' }, /^--group state: this column is also given by --label/, 2],
    [{ columns: ['pulse', 'patient'] }, /column 1 \(patient\) is the label, a target, the weight or the group/, 2],
    [{ fold: '1/13' }, /^--fold 1\/13: there are only 12 groups; choose fewer folds$/, 2],
    [{ testSplit: 0 }, /^--group patient: requires --fold or --test-split or --validation-split$/, 2],
  ] as const)('with %j is refused', async (given, expected, status) => {
    const refusal = await refusalOf(() => collect({ ...job, ...given } as TrainOptions));
    expect(refusal.message).toMatch(expected);
    expect(refusal.status).toBe(status);
  });

  it('needs a value in each row', async () => {
    const gap = folder.write('gap.csv', 'g,x,y\na,1,u\n,2,v\nb,3,u\n');
    const { message } = await refusalOf(() => collect({ ...JOB, data: gap, label: 'y', group: 'g', fold: '1/2' }));
    expect(message).toBe(`${gap}: row 3, column 1 (g): missing; expected the group of the row`);
  });
});

describe('a fold of images', () => {
  const labels = Array.from({ length: 40 }, (_, s) => (s * s) % 3);
  const pixels = labels.map((label, s) => [label * 90, s * 6, 255 - s, (s * 17) % 256]);
  const write = (name: string, samples: readonly number[], test: readonly number[]) => {
    mkdirSync(path.join(folder.path, name));
    for (const [images, classes, some] of [
      [FILES.trainImages, FILES.trainLabels, samples],
      [FILES.testImages, FILES.testLabels, test],
    ] as const) {
      folder.write(
        `${name}/${images}`,
        idxBytes(
          [some.length, 2, 2],
          some.flatMap((s) => pixels[s]!),
        ),
      );
      folder.write(
        `${name}/${classes}`,
        idxBytes(
          [some.length],
          some.map((s) => labels[s]!),
        ),
      );
    }
    return path.join(folder.path, name);
  };
  const all = labels.map((_, s) => s);

  it.each([true, false])(
    'is stratified unless that is turned off, and the test files are not used (%s)',
    async (stratify) => {
      const job: TrainOptions = { hidden: [5], batchSize: 8, epochs: 2, lr: 0.01, threads: 1, seed: 3 };
      const source = write(`images-${stratify}`, all, [0, 1, 2]);
      const run = await collect({ ...job, data: source, fold: '2/5', limit: 36, ...(stratify ? {} : { stratify }) });
      expect(run.start.config.stratify).toBe(stratify);
      const classes = stratify ? labels.slice(0, 36) : undefined;
      const foldOf = atOnce(foldOfEach(36, 5, 3, { classes }));
      const [kept, apart] = [1, 0].map((is) => all.slice(0, 36).filter((s) => Number(foldOf[s] !== 1) === is));
      const parts = await collect({ ...job, data: write(`parts-${stratify}`, kept!, apart!) });
      expect(resultsOf(run.all)).toEqual(resultsOf(parts.all));
    },
  );
});

it('a private run is refused: the samples of the fold are private', async () => {
  const given: TrainOptions = { data: 'mnist', fold: '1/2', private: true, dpDelta: 1e-5, dpClipNorm: 1 };
  const { message } = await refusalOf(() => collect({ ...given, dpNoiseMultiplier: 1 }));
  expect(message).toMatch(/^--fold/);
});
