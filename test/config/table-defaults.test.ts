import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newTrainCommand } from '../../bin/commands/train-options.js';
import type { TrainOptions } from '../../src/config/options.js';
import {
  checkOptions,
  configOfRecord,
  defaultText,
  OPTIONS,
  recordOfConfig,
  tableTraitsOf,
  withDefaults,
} from '../../src/config/options.js';
import { prepare } from '../../src/run/prepare.js';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { csvOfNumbers, numberRows } from '../support/number-tables.js';
import { refusalOf } from '../support/refusals.js';
import { csvOf, IRIS } from '../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const inFolder = (name: string) => path.join(folder.path, name);

const FIRST: TrainOptions = { data: IRIS, label: 'species', threads: 1 };
const startOf = async (given: TrainOptions) => (await collect({ threads: 1, epochs: 0, ...given })).start;

describe('the defaults for tables', () => {
  it('are the effective values in the start event, and give a good network', async () => {
    const { start, end } = await collect(FIRST);
    expect(start.config).toMatchObject({
      ...{ scale: 'standard', test_split: 0.2, stratify: true, optimizer: 'adam', reduction: 'mean', lr: 0.003 },
      ...{ hidden: [64], batch_size: 16, epochs: 27, weight_decay: 0.0083 },
    });
    expect(start.dataset).toMatchObject({ train: 120, test: 30 });
    expect(end.epochs).toBe(27);
    expect(end.test_error).toBeLessThan(0.07);
  });

  it('give way to each option that is given, also to its reference value', async () => {
    const given = {
      ...{ scale: 'none', testSplit: 0, stratify: false, optimizer: 'sgd', reduction: 'sum', lr: 0.001 },
      ...{ hidden: [], batchSize: 100, epochs: 0, weightDecay: 0 },
    } as const satisfies TrainOptions;
    const { start, end } = await collect({ ...FIRST, ...given, seed: 7 });
    const { test_split, batch_size, weight_decay, ...config } = start.config;
    const { testSplit, batchSize, weightDecay, ...rest } = given;
    expect([test_split, batch_size, weight_decay]).toEqual([testSplit, batchSize, weightDecay]);
    expect(config).toMatchObject(rest);
    expect(start.dataset).toMatchObject({ train: 150, test: 0 });
    expect(end.test_loss).toBeUndefined();
  });

  it.each<[rows: number, Record<string, unknown>]>([
    [1, { hidden: [64], batchSize: 16, epochs: 100, weightDecay: 0.01 }],
    [99, { batchSize: 16, epochs: 30, weightDecay: 0.01 }],
    [1000, { hidden: [64], batchSize: 32, epochs: 15, weightDecay: 0.001 }],
    [4999, { hidden: [64], batchSize: 64 }],
    [5000, { hidden: [128, 64], batchSize: 64, epochs: 15, weightDecay: 0.0002 }],
    [10_000_000, { hidden: [128, 64], batchSize: 256, epochs: 15, weightDecay: 1e-7 }],
  ])('suit %d rows', (rows, expected) => {
    expect(withDefaults({}, { ...tableTraitsOf({}), rows })).toMatchObject(expected);
  });

  it('are within the range of each option, for any number of rows', () => {
    for (let rows = 1; rows < 2 ** 31; rows = Math.ceil(rows * 1.7)) {
      for (const areNumbers of [false, true]) {
        const config = withDefaults({}, { areNumbers, hasTestData: false, isPrivate: false, rows });
        for (const [name, { kind }] of Object.entries(OPTIONS)) {
          const value = config[name as keyof typeof config] as unknown;
          if (value !== undefined) expect(kind.check(name, value)).toEqual(value);
        }
      }
    }
  });

  it('go by the rows that are trained on', async () => {
    const rows = Array.from({ length: 700 }, (_, i) => [i % 13, (i * 5) % 7, i % 2 ? 'x' : 'y']);
    const data = folder.write('many.csv', csvOf([['a', 'b', 'kind'], ...rows]));
    const { config: all } = await startOf({ data, label: 'kind' });
    const { config: some } = await startOf({ data, label: 'kind', limit: 400, validationSplit: 0.5 });
    expect([all.weight_decay, some.weight_decay]).toEqual([0.0018, 0.005]);
    expect([all.batch_size, some.batch_size]).toEqual([32, 16]);
  });

  it('hold out the same fraction of every class, but not for regression', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => [i % 13, i, i % 10 === 0 ? 'rare' : 'usual']);
    const data = folder.write('classes.csv', csvOf([['a', 'b', 'kind'], ...rows]));
    for (const seed of [1, 2, 3, 4, 5]) {
      const given = checkOptions({ data, label: 'kind', threads: 1, seed, hidden: [] });
      const { plan, memory } = await prepare(given);
      const test = [...memory.rows.targets.subarray(plan.trainSamples, plan.trainSamples + plan.testSamples)];
      expect([test.length, test.filter((each) => each === 0).length]).toEqual([20, 2]);
    }
    const numbers = folder.write('numbers.csv', csvOfNumbers(numberRows(50, 3)));
    const { config, dataset } = await startOf({ data: numbers, target: ['price', 'tiny'] });
    expect([config.stratify, config.test_split, dataset.test]).toEqual([false, 0.2, 10]);
  });

  it('hold out nothing beside --test-data', async () => {
    const { config, dataset } = await startOf({ ...FIRST, testData: IRIS, epochs: 0 });
    expect([config.test_split, dataset.train, dataset.test]).toEqual([null, 150, 150]);
    const { dataset: none } = await startOf({ ...FIRST, testData: IRIS, testSplit: 0, epochs: 0 });
    expect([none.train, none.test]).toEqual([150, 150]);
    const { message } = await refusalOf(() => startOf({ ...FIRST, testData: IRIS, testSplit: 0.2 }));
    expect(message).toContain('mutually exclusive');
  });

  it('decide which other options are possible', async () => {
    await startOf({ ...FIRST, beta1: 0.8, epochs: 0 });
    const { message } = await refusalOf(() => startOf({ ...FIRST, momentum: 0.9 }));
    expect(message).toBe('--momentum 0.9: requires --optimizer sgd or --optimizer rmsprop');
    await startOf({ ...FIRST, optimizer: 'sgd', momentum: 0.9, epochs: 0 });
  });

  it('warn of columns that are not scaled only where scaling is turned off', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => [i % 3, 1e6 * (i % 4), i % 2 ? 'x' : 'y']);
    const data = folder.write('scales.csv', csvOf([['a', 'b', 'kind'], ...rows]));
    const codes = async (more: TrainOptions) => {
      const { all } = await collect({ data, label: 'kind', threads: 1, epochs: 0, ...more });
      return all.flatMap((event) => (event.event === 'warning' ? [event.code] : []));
    };
    expect(await codes({})).not.toContain('unscaled_columns');
    expect(await codes({ scale: 'none' })).toContain('unscaled_columns');
  });
});

describe('a resumed run', () => {
  it('keeps its own values, and ends as one that was not stopped', async () => {
    const { end: whole } = await collect({ ...FIRST, epochs: 4 });
    const checkpointDir = inFolder('resumed');
    const { start: first } = await collect({ ...FIRST, epochs: 2, checkpointDir });
    const { start, end } = await collect({ resume: checkpointDir, epochs: 4, threads: 1 });
    const { epochs: _, checkpoint_dir: __, data: ___, ...before } = first.config;
    expect(start.config).toMatchObject({ ...before, kernel: start.kernel });
    expect(end.weights_sha256).toBe(whole.weights_sha256);
  });

  it('of a time before these defaults has what it had', async () => {
    const old = {
      data: IRIS,
      label: 'species',
      scale: 'none',
      optimizer: 'sgd',
      reduction: 'sum',
      hidden: [5],
      batchSize: 20,
    } as const;
    const record = recordOfConfig(withDefaults(old));
    expect(record).toMatchObject({ test_split: null, stratify: false, lr: 0.001, weight_decay: 0, epochs: 100 });
    // No defaults for tables where the record has null, or lacks an option.
    const { weight_decay: _, scale: __, stratify: ___, ...older } = record;
    expect(recordOfConfig(configOfRecord(older))).toEqual(record);
  });
});

it('--help states each default that depends on the data', () => {
  const { options } = newTrainCommand('train');
  const help = new Map(options.filter(({ negate }) => !negate).map((each) => [each.attributeName(), each.description]));
  const differing = Object.entries(OPTIONS).filter(([, { tableDefault }]) => tableDefault !== undefined);
  expect(differing.map(([name]) => name).sort()).toEqual(
    [
      'batchSize',
      'epochs',
      'hidden',
      'lr',
      'optimizer',
      'reduction',
      'scale',
      'stratify',
      'testSplit',
      'weightDecay',
    ].sort(),
  );
  for (const [name, entry] of differing) {
    expect(help.get(name)).toContain(`default: ${defaultText(entry)}`);
    if (!entry.isForTables) expect(defaultText(entry)).toContain('; tables: ');
  }
});

it('the reference and other images keep their own', () => {
  const { hidden, batchSize, epochs, optimizer, reduction, lr, weightDecay, testSplit, stratify, scale } = withDefaults(
    {},
  );
  expect({ hidden, batchSize, epochs, optimizer, reduction, lr, weightDecay, testSplit, stratify, scale }).toEqual({
    ...{ hidden: [1000], batchSize: 100, epochs: 100, optimizer: 'sgd', reduction: 'sum', lr: 0.001, weightDecay: 0 },
    ...{ testSplit: undefined, stratify: false, scale: 'none' },
  });
  expect(defaultText(OPTIONS.optimizer)).toBe('sgd; tables: adam');
  expect(defaultText(OPTIONS.scale)).toBe('standard');
});
