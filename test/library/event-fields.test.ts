/**
 * docs/metrics.md has a row for each field that the code writes, of the right type, and none besides. Who adds a field adds its
 * row; who adds an option finds it in `config`, and adds its row there.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkOptions, type TrainOptions } from '../../src/config/options.js';
import { WARNINGS } from '../../src/metrics/events.js';
import { crossValidate } from '../../src/tools/cv/library.js';
import { trainAny } from '../../src/tools/ensemble/train-any.js';
import { faultsOf, fieldTables } from '../support/documented-fields.js';
import { collect, collectFailed } from '../support/events.js';
import { type Folder, idxBytes, temporaryFolder, writeDataset } from '../support/idx-files.js';
import { root } from '../support/paths.js';
import { runHere } from '../support/run-here.js';
import { IRIS } from '../support/tables.js';

const tables = fieldTables();
/** What the code writes, by kind. */
const written = new Map<string, object[]>();
const TRAIN = ['start', 'step', 'epoch', 'member', 'checkpoint', 'warning', 'end'];
const COMPANION = [
  'evaluation',
  'cv_start',
  'fold',
  'cv_end',
  'search_start',
  'trial',
  'search_end',
  'find_lr_start',
  'rate',
  'find_lr_end',
  'model',
  'sheet',
  'export',
  'prediction',
];

let folder: Folder;
beforeAll(async () => {
  folder = temporaryFolder();
  const at = (name: string) => path.join(folder.path, name);
  const part = (count: number) => ({
    labels: Array.from({ length: count }, (_, s) => s % 3),
    pixel: (p: number) => (p * 37) % 251,
  });
  writeDataset(folder, { train: part(23), test: part(6) });
  mkdirSync(at('alone'));
  writeDataset({ ...folder, write: (name, bytes) => folder.write(`alone/${name}`, bytes) }, { train: part(23) });
  folder.write('two.csv', 'x,c\n1,a\n2,b\n3,a\n');
  await trainAll(at);
  await runAll(at);
});
afterAll(() => folder.remove());

function note(kind: string, object: object): void {
  written.set(kind, [...(written.get(kind) ?? []), object]);
}

const COLORS = 'color,kind\nred,x\nred,y\nblue,x\nblue,y\nblue,y\n';

/** Runs that have, among them, each field of each event. */
async function trainAll(at: (name: string) => string): Promise<void> {
  const plain: TrainOptions = { data: folder.path, hidden: [3], batchSize: 5, epochs: 2, lr: 0.05, threads: 1 };
  const saved: TrainOptions = { save: at('model.safetensors'), checkpointDir: at('run'), logEvery: 2 };
  const heldOut: TrainOptions = { validationSplit: 0.3, keepBest: true, schedule: 'cosine' };
  const all: TrainOptions[] = [
    { ...plain, data: at('alone') },
    { ...plain, ...saved, resume: true },
    { resume: at('run'), epochs: 3 },
    // Of samples whose labels have nothing to do with them the validation loss does not fall for long.
    { ...plain, ...heldOut, lr: 2, epochs: 1000, patience: 1 },
    { ...plain, epochs: 0 },
    { ...plain, noiseScale: true, logEvery: 1 },
    { ...plain, audit: at('audit.ndjson') },
    { ...plain, private: true, dpDelta: 0.01, dpClipNorm: 1, dpNoiseMultiplier: 2, dpEpsilon: 3, epochs: 50 },
    { ...plain, data: IRIS, label: 'species', testSplit: 0.3, epochs: 0, save: at('iris.safetensors') },
    { ...plain, data: at('two.csv'), label: 'c', testSplit: 0, batchSize: 3, epochs: 0, save: at('two.safetensors') },
    {
      ...{ ...plain, data: at('numbers.csv'), target: ['a', 'c'], validationSplit: 0.2, testSplit: 0.2, logEvery: 1 },
      ...{ scale: 'standard', save: at('numbers.safetensors') },
    },
    {
      ...{ ...plain, data: folder.write('colors.csv', COLORS), label: 'kind', testSplit: 0, epochs: 0 },
      save: at('colors.safetensors'),
    },
    { ...plain, threads: undefined, epochs: 3000 },
  ];
  folder.write(
    'numbers.csv',
    `a,b,c\n${Array.from({ length: 30 }, (_, i) => `${i},${(i * 7) % 11},${i % 5}\n`).join('')}`,
  );
  const runs = [];
  for (const options of all) runs.push(await collect(options));
  runs.push(await collectFailed({ ...plain, lr: 3e38 }));
  for (const { all: events } of runs) {
    // The thousands of epochs in the middle of a run are like the first and the last ones.
    const ends = events.length > 60 ? [...events.slice(0, 30), ...events.slice(-30)] : events;
    for (const event of ends) note(event.event, event);
  }
  await trainEnsembles(at, plain);
  // (On a single core there is no choice.)
  const choice = { cores: 2, step_seconds: 1e-5, barrier_seconds: null };
  if (availableParallelism() === 1) note('start', { ...runs[0]!.start, thread_choice: choice });
}

/** Ensembles that have, among them, each field of their events. */
async function trainEnsembles(at: (name: string) => string, plain: TrainOptions): Promise<void> {
  const held: TrainOptions = { ...plain, data: IRIS, label: 'species', validationSplit: 0.3, patience: 1, lr: 2 };
  const resumed: TrainOptions = { ...held, epochs: 1000, checkpointDir: at('members'), resume: true };
  const numbers: TrainOptions = { ...plain, data: at('numbers.csv'), target: ['a', 'c'], validationSplit: 0.2 };
  const save = at('ensemble.safetensors');
  for (const options of [resumed, { ...resumed, save }, { ...numbers, testSplit: 0.2, scale: 'standard', lr: 0.01 }]) {
    for await (const event of trainAny(checkOptions({ ...options, ensemble: 2 }), {}, {})) note(event.event, event);
  }
  const failing = trainAny(checkOptions({ ...plain, ensemble: 2, lr: 3e38 }), {}, {});
  await expect(
    (async () => {
      for await (const event of failing) note(event.event, event);
    })(),
  ).rejects.toThrow('network 1');
}

/** The companion's commands, of that model. */
async function runAll(at: (name: string) => string): Promise<void> {
  const model = at('model.safetensors');
  const images = folder.write('images', idxBytes([2, 2, 2], [0, 255, 0, 9, 1, 0, 0, 3]));
  const lines = folder.write('lines.ndjson', '[0,0,0,1]\n{"id":null,"x":[0,0,0,1]}\n{"id":"a","x":[1,0,0,1]}');
  const data = ['--data', folder.path];
  const searching = ['search', '--lr', '1e-3..1e-1', '--hidden', '2|3', '--trials', '2', '--epochs', '2'];
  const cv = ['cv', '--folds', '2', '--hidden', '3', '--epochs', '9', '--validation-split', '0.3'];
  const outputs = await Promise.all([
    runHere(['evaluate', model, ...data]),
    runHere(['evaluate', at('two.safetensors'), '-d', at('two.csv')]),
    runHere(['evaluate', at('iris.safetensors'), '-d', IRIS, '--importance', '-o', at('report.html')]),
    runHere(['evaluate', at('colors.safetensors'), '--data', folder.write('others.csv', 'color,kind\ngreen,x\n')]),
    runHere(['evaluate', at('ensemble.safetensors'), '-d', IRIS]),
    runHere(['inspect', model, '-o', at('weights.svg'), '--errors', at('errors.svg'), ...data]),
    runHere(['inspect', at('run/epoch-000001.safetensors')]),
    runHere(['export', model, '-o', at('model.npz')]),
    runHere(['predict', model, lines, images]),
    runHere(['predict', model, images, '--top', '2']),
    runHere(['evaluate', at('numbers.safetensors'), '--data', at('numbers.csv'), '--importance']),
    runHere(['predict', at('numbers.safetensors'), at('numbers.csv')]),
    runHere([...cv, '-d', IRIS, '--label', 'species', '-o', at('oof.csv'), '--patience', '1', '--lr', '3']),
    runHere([...cv, '-d', at('numbers.csv'), '--target', 'a,c']),
    runHere([...cv, '-d', IRIS, '--label', 'species', '--epochs', '2', '--ensemble', '2']),
    runHere([...searching, '-d', IRIS, '--label', 'species', '--save', at('best.safetensors'), '-o', at('s.svg')]),
    runHere([...searching, '-d', IRIS, '--label', 'species', '--ensemble', '2', '--epochs', '1']),
    runHere(['find-lr', '-d', IRIS, '--label', 'species', '--steps', '60', '-o', at('rates.svg')]),
    runHere([...searching, '-d', at('numbers.csv'), '--target', 'a,c', '--halving', '2']),
  ]);
  await cvFailed();
  for (const { stdout, stderr } of outputs) {
    expect(stderr).toBe('');
    for (const line of stdout.trim().split('\n')) {
      const object = JSON.parse(line) as { event?: string };
      note(object.event ?? 'prediction', object);
    }
  }
}

/** A search whose trials diverge, and a cross-validation whose folds do. */
async function cvFailed(): Promise<void> {
  const { stdout } = await runHere(['search', '-d', folder.path, '--lr', '2e38..3e38', '--trials', '1']);
  for (const line of stdout.trim().split('\n')) note((JSON.parse(line) as { event: string }).event, JSON.parse(line));

  const job = { data: folder.path, hidden: [3], lr: 3e38, folds: 2, onEvent: (event: object) => events.push(event) };
  const events: object[] = [];
  await expect(crossValidate(job)).rejects.toThrow('2 of 2 folds failed');
  for (const event of events) note((event as { event: string }).event, event);
}

describe('the field tables of docs/metrics.md', () => {
  it('are of all kinds of lines', () => {
    expect([...tables.keys()]).toEqual([...TRAIN, ...COMPANION]);
    expect(new Set(written.keys())).toEqual(new Set(tables.keys()));
  });

  it.each([...TRAIN, ...COMPANION])('"%s": a row for each field that is written, and none besides', (kind) => {
    expect(faultsOf(kind, tables.get(kind)!, written.get(kind)!)).toEqual([]);
  });

  it('have each code of a warning', () => {
    const text = readFileSync(path.join(root, 'docs/metrics.md'), 'utf8');
    const section = text.slice(text.indexOf('## `warning`'), text.indexOf('## `end`'));
    const codes = [...section.slice(section.lastIndexOf('| `code`')).matchAll(/^\| `(\w+)` /gm)].map(
      ([, code]) => code,
    );
    expect(codes.slice(1)).toEqual([...WARNINGS]);
  });
});

describe('a table that is wrong', () => {
  const table = new Map([
    ['loss', { type: 'number', values: '', isAlways: true, isOfRanks: false }],
    ['parts', { type: 'object[]', values: '', isAlways: false, isOfRanks: false }],
    ['parts[].of', { type: 'integer', values: '', isAlways: true, isOfRanks: false }],
  ]);

  it('is told of what it lacks, has in vain, or calls by another type', () => {
    expect(faultsOf('x', table, [{ loss: 0.5, parts: [{ of: 1 }] }])).toEqual([]);
    const faults = faultsOf('x', table, [{ parts: [{ of: 0.5, more: null }] }]).join('\n');
    expect(faults).toContain('`parts[].of` is called integer; the code writes number');
    expect(faults).toContain('no row for `parts[].more` (null), which the code writes: add one');
    expect(faults).toContain('`loss` is said to be there always; the code has written an object without it');
    expect(faults).toContain('`loss` was written by none of the runs');
    expect(faults.split('\n')).toHaveLength(4);
  });
});
