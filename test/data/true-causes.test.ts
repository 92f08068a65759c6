/** What is wrong with the data is said, not that an option does not go with them; and defaults are made to fit them. */
import { renameSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateCommand } from '../../bin/commands/evaluate.js';
import type { TrainOptions } from '../../src/config/options.js';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { refusalOf } from '../support/refusals.js';
import { refusedBy } from '../support/refused-command.js';
import { scratchWith } from '../support/scratch.js';
import { csvOf, IRIS } from '../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const inFolder = (name: string) => path.join(folder.path, name);
const MISSING = inFolder('missing.csv');
const SMALL = { hidden: [3], epochs: 1, threads: 1 } as const;

describe('a path that is not there', () => {
  it.each<TrainOptions>([
    { label: 'x' },
    { scale: 'minmax' },
    { testSplit: 0.5 },
    { testData: IRIS },
    { header: 'yes' },
  ])('is named, although %j is for tables', async (given) => {
    const { message, code } = await refusalOf(() => collect({ data: MISSING, ...given }));
    expect(message).toContain(`--data ${MISSING}: no such file or folder; expected `);
    expect(code).toBe('data_not_found');
  });

  const [ofTable, ofImages] = [inFolder('table.safetensors'), inFolder('images.safetensors')];
  const images = scratchWith(30, 10);
  beforeAll(async () => {
    await collect({ data: IRIS, label: 'species', ...SMALL, save: ofTable });
    await collect({ data: images.data, ...SMALL, save: ofImages });
  });

  it.each([
    ['a table', ofTable],
    ['images', ofImages],
  ])('is named by evaluate, of a model of %s, whatever is asked of a table', async (_, model) => {
    for (const more of [[], ['--label', 'x'], ['--header', 'yes'], ['--split', 'all']]) {
      const { line, status } = await refusedBy(() => evaluateCommand([model, '--data', MISSING, ...more]));
      expect(line).toContain(`--data ${MISSING}: no such file or folder`);
      expect(status).toBe(1);
    }
  });

  it('is named with the checkpoint that had a table there', async () => {
    const [data, moved] = [inFolder('moving.csv'), inFolder('moved.csv')];
    folder.write('moving.csv', csvOf(ROWS));
    const { end } = await collect({ data, label: '3', ...SMALL, checkpointDir: inFolder('checkpoints') });
    renameSync(data, moved);
    const given = { resume: end.checkpoint!, epochs: 2, checkpointDir: inFolder('others') };
    const { message, code } = await refusalOf(() => collect(given));
    expect(message).toContain(`--data ${data}: no such file or folder`);
    expect(message).toContain(`(${end.checkpoint} was trained on this data; if it has moved, specify it with --data)`);
    expect(code).toBe('data_of_checkpoint');
    expect((await collect({ ...given, data: moved })).end.status).toBe('completed');
  });

  it.each([
    ['no such file', MISSING],
    ['a folder', folder.path],
  ])('or is %s, is named as the test table before any other is read', async (found, testData) => {
    const data = folder.write('unfit.csv', 'a,b\n"');
    const { message, code } = await refusalOf(() => collect({ data, label: 'b', testData }));
    expect(message).toBe(
      `--test-data ${testData}: ${found}; expected a table (CSV or NDJSON) with the same columns as the training table`,
    );
    expect(code).toBe('no_test_table');
  });
});

/** Six rows of two numbers and a class. */
const ROWS = Array.from({ length: 6 }, (_, i) => [i, (i * 7) % 5, i % 2 === 0 ? 'even' : 'odd']);

describe('a batch that nobody chose', () => {
  const data = inFolder('small.csv');
  beforeAll(() => folder.write('small.csv', csvOf(ROWS)));
  const run = (given: TrainOptions = {}) => collect({ data, label: '3', testSplit: 0, ...SMALL, ...given });

  it.each<[TrainOptions, number]>([
    [{}, 6],
    [{ limit: 5 }, 5],
    [{ validationSplit: 0.2 }, 4],
    [{ testSplit: 0.5 }, 3],
    [{ testSplit: undefined }, 4],
    [{ epochs: 0 }, 6],
    [{ batchSize: 5 }, 5],
  ])('is as large as the data allow: %j', async (given, batchSize) => {
    const { start, end } = await run(given);
    expect(start.config.batch_size).toBe(batchSize);
    expect(end.status).toBe('completed');
  });

  it('is chosen by the number of rows where they allow it', async () => {
    const { start } = await run({ data: IRIS, label: 'species' });
    expect(start.config.batch_size).toBe(16);
  });

  it('gives the weights that it gives when it is chosen', async () => {
    const [left, chosen] = [await run(), await run({ batchSize: 6 })];
    expect(left.end.weights_sha256).toBe(chosen.end.weights_sha256);
  });

  it('is refused when it is chosen and too large', async () => {
    const { message, code } = await refusalOf(() => run({ batchSize: 7 }));
    expect(message).toBe(
      '--batch-size 7: there are only 6 training samples; choose a smaller batch or a larger --limit',
    );
    expect(code).toBe('batch_beyond_data');
  });

  it("of a resumed run is the checkpoint's, which says so where other data are too few", async () => {
    const checkpointDir = inFolder('batches');
    const { end } = await run({ checkpointDir });
    const resume = end.checkpoint!;
    const { start } = await collect({ resume, epochs: 2, checkpointDir: inFolder('more') });
    expect(start.config.batch_size).toBe(6);
    const fewer = folder.write('fewer.csv', csvOf(ROWS.slice(0, 4)));
    const given = { resume, epochs: 2, data: fewer, resumeAnyway: true, checkpointDir: inFolder('fewer') };
    const { message } = await refusalOf(() => collect(given));
    expect(message).toContain(`${resume} was written with --batch-size 6: there are only 4 training samples`);
  });
});
