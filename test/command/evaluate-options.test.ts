/** `lockstep evaluate`: its options for metrics and reports. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateCommand } from '../../bin/commands/evaluate.js';
import type { EvaluationEvent } from '../../src/metrics/events.js';
import { collect } from '../support/events.js';
import { type Folder, temporaryFolder } from '../support/idx-files.js';
import { REFERENCE_DEFAULTS } from '../support/reference-defaults.js';
import { refusedBy } from '../support/refused-command.js';
import { drawingsIn, loadedBy } from '../support/report-parts.js';
import { runHere } from '../support/run-here.js';
import { runLockstep } from '../support/run-lockstep.js';
import { csvOf, IRIS } from '../support/tables.js';
import { valuesOf } from '../support/thoroughness.js';

let folder: Folder;
const at = (name: string) => path.join(folder.path, name);
beforeAll(async () => {
  folder = temporaryFolder();
  const rows = Array.from({ length: 80 }, (_, i) => [i % 7, (i * 5) % 11, i % 3, (i * 5) % 11 > 5 ? 'yes' : 'no']);
  writeFileSync(
    at('two.csv'),
    csvOf([['a', 'b', 'constant', 'bought'], ...rows.map(([a, b, , c]) => [a!, b!, 1, c!])]),
  );
  const plain = {
    ...REFERENCE_DEFAULTS,
    hidden: [8],
    epochs: 30,
    batchSize: 10,
    lr: 0.03,
    threads: 1,
    scale: 'standard',
    kernel: 'simd',
  } as const;
  await collect({ ...plain, data: IRIS, label: 'species', testSplit: 0.3, save: at('iris.safetensors') });
  await collect({ ...plain, data: at('two.csv'), label: 'bought', testSplit: 0.5, save: at('two.safetensors') });
});
afterAll(() => folder.remove());

async function evaluate(args: readonly string[], run: typeof runHere = runHere) {
  const { status, stdout, stderr } = await run(['evaluate', ...args]);
  return { status, stdout, stderr, event: status === 0 ? (JSON.parse(stdout) as EvaluationEvent) : undefined };
}
const iris = (...args: string[]) => evaluate([at('iris.safetensors'), '-d', IRIS, ...args]);
const two = (...args: string[]) => evaluate([at('two.safetensors'), '-d', at('two.csv'), ...args]);
/** Without options, by a process of its own. */
let usual: Awaited<ReturnType<typeof evaluate>>;
beforeAll(async () => {
  usual = await evaluate([at('iris.safetensors'), '-d', IRIS], runLockstep);
});

describe('metrics', () => {
  it('are the same each time; the seed changes only what is random', async () => {
    const [one, again, other] = [usual, await iris(), await iris('--seed', '2')];
    expect(one.stdout).toBe(again.stdout);
    const { intervals, bootstrap, classes, ...rest } = one.event!;
    expect(other.event!.intervals).not.toEqual(intervals);
    expect(other.event).toMatchObject(rest);
    expect(classes).toHaveLength(3);
    expect(bootstrap).toEqual({ resamples: 1000, seed: 1, level: 0.95 });
  });

  it('agree with each other', async () => {
    const { event } = await iris('--split', 'all', '--bootstrap', '200');
    const { accuracy, test_error, test_loss, log_loss, intervals, confusion, classes } = event!;
    expect(accuracy).toBeCloseTo(1 - test_error!, 12);
    expect(log_loss).toBe(test_loss);
    expect(event!.bootstrap.resamples).toBe(200);
    for (const [name, interval] of Object.entries(intervals)) {
      const value = event![name as 'accuracy']!;
      expect(interval![0], name).toBeLessThanOrEqual(value);
      expect(interval![1], name).toBeGreaterThanOrEqual(name === 'calibration_error' ? interval![0] : value);
    }
    for (const [c, each] of classes.entries()) {
      expect(each.samples).toBe(confusion[c]!.reduce((a, b) => a + b));
      expect(each.f1).toBeCloseTo((2 * each.precision! * each.recall!) / (each.precision! + each.recall!), 12);
    }
  });

  it('--bootstrap 0 has no intervals, and the same values', async () => {
    const without = await iris('--bootstrap', '0');
    expect(Object.values(without.event!.intervals)).toEqual(new Array(9).fill(null));
    expect(without.event!.roc_auc).toBe(usual.event!.roc_auc);
  });

  it('--top-k counts the true class among so many', async () => {
    const [one, two_, three] = [await iris('--top-k', '1'), usual, await iris('--top-k', '3')];
    expect(one.event!.top_k_accuracy).toBe(one.event!.accuracy);
    expect(two_.event!.top_k).toBe(2);
    expect(two_.event!.top_k_accuracy).toBeGreaterThanOrEqual(one.event!.accuracy);
    expect(three.event!.top_k_accuracy).toBe(1);
  });

  it('--positive chooses the class of average precision and calibration', async () => {
    const [yes, no] = [await two(), await two('--positive', 'no')];
    expect(yes.event).toMatchObject({
      positive_class: 'yes',
      average_precision: yes.event!.classes[1]!.average_precision,
    });
    expect(no.event).toMatchObject({
      positive_class: 'no',
      average_precision: no.event!.classes[0]!.average_precision,
    });
    expect(no.event!.roc_auc).toBe(yes.event!.roc_auc);
    expect(no.event!.brier_score).toBeCloseTo(yes.event!.brier_score, 12);
  });
});

describe('--importance', () => {
  it('finds the column that decides, and none in a constant', async () => {
    const { event } = await two('--importance', '--repeats', '8');
    const [first, , last] = event!.importance!;
    expect(event!.importance).toHaveLength(3);
    expect(first!.column).toBe('b');
    expect(first!.error_increase).toBeGreaterThan(0.2);
    expect(first!.loss_increase_std).toBeGreaterThan(0);
    const constant = event!.importance!.find(({ column }) => column === 'constant');
    expect(constant).toEqual({
      ...{ column: 'constant', loss_increase: 0, loss_increase_std: 0, error_increase: 0, error_increase_std: 0 },
    });
    expect(first!.loss_increase).toBeGreaterThan(last!.loss_increase);
  });
});

describe('-o', () => {
  it.each(valuesOf(['html', 'svg'], ['html']))('writes a report as %s that needs nothing else', async (extension) => {
    const file = at(`report.${extension}`);
    const { event } = await iris('--importance', '-o', file);
    expect(event!.report).toBe(file);
    const text = readFileSync(file, 'utf8');
    expect(loadedBy(text)).toEqual([]);
    expect(drawingsIn(text).length).toBeGreaterThan(0);
    for (const name of ['setosa', 'petal_width', 'Calibration', 'ROC curve', 'Confusion matrix']) {
      expect(text).toContain(name);
    }
    // Written again, and refused where something else has the name.
    expect((await iris('-o', file, '--bootstrap', '50')).status).toBe(0);
    writeFileSync(file, 'something else');
    const refused = await iris('-o', file);
    expect(refused).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/exists and is not a/) });
    expect(readFileSync(file, 'utf8')).toBe('something else');
  });

  it('takes no other kind of file, and no folder that is missing', async () => {
    const png = await iris('-o', at('report.png'));
    expect(png).toMatchObject({ status: 2, stderr: expect.stringMatching(/expected .*\.html or \.svg/) });
    expect(existsSync(at('report.png'))).toBe(false);
    const missing = await iris('-o', at('missing/report.html'));
    expect(missing).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/no such file/) });
  });
});

it.each<[string, string[], RegExp]>([
  ['resamples', ['--bootstrap', 'many'], /--bootstrap many: expected a whole number from 0 to 100,000/],
  ['k', ['--top-k', '0'], /--top-k 0: expected a whole number from 1/],
  ['the seed', ['--seed', '-1'], /--seed/],
  [
    'a seed of nothing',
    ['--seed', '2', '--bootstrap', '0'],
    /--seed 2: requires --importance, or --bootstrap of at least 1/,
  ],
  ['repeats', ['--importance', '--repeats', '0'], /--repeats 0: expected a whole number from 1/],
  ['repeats without importance', ['--repeats', '3'], /--repeats 3: requires --importance/],
  ['a class of three', ['--positive', 'setosa'], /--positive setosa: expected a model of two classes/],
])('refuses wrong values of %s', async (_, args, message) => {
  const { status, line } = await refusedBy(() => evaluateCommand([at('iris.safetensors'), '-d', IRIS, ...args]));
  expect(status).toBe(2);
  expect(line).toMatch(message);
});

it('refuses a positive class that the model does not have', async () => {
  const { status, stderr } = await two('--positive', 'maybe');
  expect(stderr).toMatch(/--positive maybe: expected no or yes/);
  expect(status).toBe(2);
});
