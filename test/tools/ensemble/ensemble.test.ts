/** An ensemble: each network is that of a single run, and the predictions are their mean. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeModel } from '../../../src/checkpoints/model-file.js';
import type { TrainOptions } from '../../../src/config/options.js';
import { checkOptions } from '../../../src/config/options.js';
import { fit as fitModel, loadClassifier, type TrainInput, train } from '../../../src/index.js';
import type { EndEvent, MemberEvent, TrainEvent } from '../../../src/metrics/events.js';
import { sha256Of } from '../../../src/model/parameters.js';
import { Random } from '../../../src/model/random.js';
import { trainAny } from '../../../src/tools/ensemble/train-any.js';
import { exportModel } from '../../../src/tools/export/export-model.js';
import { loadModel, Network } from '../../../src/tools/network.js';
import { mutatedHeader } from '../../support/fuzz-tensors.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { verdictOf } from '../../support/judge.js';
import { csvOfNumbers, numberRows } from '../../support/number-tables.js';
import { readOnnx, runOnnx } from '../../support/onnx-file.js';
import { fixtures } from '../../support/paths.js';
import { refusalOf } from '../../support/refusals.js';
import { partsOf, sealedFile } from '../../support/sealed-file.js';
import { IRIS } from '../../support/tables.js';
import { inFull, TRIES_ALL, valuesOf } from '../../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string) => path.join(folder.path, name);
const numbers = folder.write('numbers.csv', csvOfNumbers(numberRows(60, 3)));

const SMALL = { hidden: [6], epochs: 2, batchSize: 16, lr: 0.02, seed: 4 } as const;
const JOBS: Readonly<Record<'classes' | 'numbers', TrainOptions>> = {
  classes: { ...SMALL, data: IRIS, label: 'species', validationSplit: 0.2, keepBest: true },
  numbers: { ...SMALL, data: numbers, target: ['price', 'tiny'] },
};
const SEEDS = [4, 5, 6];

async function eventsOf(given: TrainInput, cores?: number): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  const { signal, ...options } = given;
  const controls = { signal };
  for await (const event of trainAny(checkOptions(options), controls, { memory: { cores } })) events.push(event);
  return events;
}
const membersOf = (events: readonly TrainEvent[]) =>
  events.filter((event): event is MemberEvent => event.event === 'member');
const endOf = (events: readonly TrainEvent[]) => events.at(-1) as EndEvent;
/** The cells of each row of a table, without the targets. */
const inputsIn = (file: string, columns: number) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(0, columns));
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(['classes', 'numbers'] as const)('an ensemble for %s', (kind) => {
  const job = JOBS[kind];
  let events: TrainEvent[];
  let singles: Network[];
  let ensemble: Network;
  const ends: EndEvent[] = [];
  beforeAll(async () => {
    events = await eventsOf({ ...job, ensemble: 3, save: at(`${kind}.safetensors`) });
    for (const seed of SEEDS) {
      const save = at(`${kind}-${seed}.safetensors`);
      ends.push(endOf(await eventsOf({ ...job, seed, splitSeed: 4, save })));
    }
    singles = await Promise.all(SEEDS.map((seed) => loadModel(at(`${kind}-${seed}.safetensors`))));
    ensemble = await loadModel(at(`${kind}.safetensors`));
  });

  it('has the networks of single runs, bit for bit', () => {
    expect(events.map(({ event }) => event).filter((event) => event !== 'warning')).toEqual([
      ...['start', 'member', 'member', 'member', 'end'],
    ]);
    for (const [m, event] of membersOf(events).entries()) {
      const { event: _, seconds: __, saved: ___, ...own } = ends[m]!;
      expect(event).toMatchObject({ ...own, member: m + 1, seed: SEEDS[m] });
    }
    expect(ensemble.members.map(({ weightsSha256 }) => weightsSha256)).toEqual(ends.map((each) => each.weights_sha256));
    const all = singles.flatMap((each) => [...each.parameters()]);
    expect(endOf(events).weights_sha256).toBe(sha256Of(Float32Array.from(all)));
    expect(ensemble.weightsSha256).toBe(endOf(events).weights_sha256);
  });

  it.skipIf(kind === 'numbers' && !TRIES_ALL)(
    `is the same for any number of threads and of networks at a time${kind === 'numbers' ? inFull : ''}`,
    async () => {
      const expected = endOf(events);
      for (const threads of valuesOf([1, 2, 3], [3]))
        expect(endOf(await eventsOf({ ...job, ensemble: 3, threads }, 1))).toMatchObject({
          ...{ weights_sha256: expected.weights_sha256, test_loss: expected.test_loss },
        });
    },
  );

  it('predicts the mean', () => {
    for (const row of inputsIn(job.data!, kind === 'classes' ? 4 : 3)) {
      if (kind === 'numbers') {
        const own = singles.map((each) => each.estimate(row));
        const found = ensemble.estimate(row);
        for (const [t, value] of found.entries())
          expect(value).toBeCloseTo(meanOf(own.map((each) => each[t]!)), t === 0 ? 1 : 9);
        continue;
      }
      const own = singles.map((each) => each.predict(row).probabilities);
      const { probabilities, label } = ensemble.predict(row);
      for (const [c, value] of probabilities.entries())
        expect(value).toBeCloseTo(meanOf(own.map((each) => each[c]!)), 6);
      expect(label).toBe(probabilities.indexOf(Math.max(...probabilities)));
    }
  });

  it('says what it gains', () => {
    const { ensemble: gain, test_loss: loss } = endOf(events);
    expect(gain!.members).toBe(3);
    for (const name of ['train_loss', 'test_loss'] as const)
      expect(gain!.mean[name]).toBeCloseTo(meanOf(ends.map((each) => each[name]!)), 12);
    // Both losses are convex.
    expect(loss).toBeLessThan(gain!.mean.test_loss!);
  });

  it('as ONNX, one graph computes the mean', async () => {
    await exportModel(at(`${kind}.safetensors`), at(`${kind}.onnx`), 'matrix');
    const graph = readOnnx(at(`${kind}.onnx`));
    for (const row of inputsIn(job.data!, kind === 'classes' ? 4 : 3).slice(0, 20)) {
      const computed = runOnnx(graph, row.map(Number));
      const expected = kind === 'classes' ? ensemble.predict(row).probabilities : ensemble.estimate(row);
      const found = computed.get(kind === 'classes' ? 'probabilities' : 'estimates')!;
      for (const [c, value] of found.entries()) expect(Math.abs(value / expected[c]! - 1)).toBeLessThan(1e-4);
      if (kind === 'classes') expect(Math.exp(computed.get('logits')![0]!)).toBeCloseTo(found[0]!, 6);
    }
  });

  const python = process.env.PYTHON ?? 'python3';
  const inPython = (...args: string[]) => spawnSync(python, [path.join(fixtures, 'onnxruntime-table.py'), ...args]);
  it.skipIf(inPython().status !== 0)('as ONNX with columns, onnxruntime gives the same', async () => {
    await exportModel(at(`${kind}.safetensors`), at(`${kind}-columns.onnx`));
    const rows = inputsIn(job.data!, kind === 'classes' ? 4 : 3).map((row) => row.map(Number));
    writeFileSync(at('cases.json'), JSON.stringify([{ file: at(`${kind}-columns.onnx`), rows }]));
    expect(String(inPython(at('cases.json'), at('outputs.json')).stderr)).toBe('');
    const [outputs] = JSON.parse(readFileSync(at('outputs.json'), 'utf8')) as [Record<string, number[]>];
    const found = outputs[kind === 'classes' ? 'probabilities' : 'estimates']!;
    const expected = rows.flatMap((row) => [
      ...(kind === 'classes' ? ensemble.predict(row).probabilities : ensemble.estimate(row)),
    ]);
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of found.entries())
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected[i]!)));
  });

  it('a file with a changed header is refused in one line, or is as good as any other', async () => {
    const file = readFileSync(at(`${kind}.safetensors`));
    const { json, body } = partsOf(file);
    let refused = 0;
    const cases = valuesOf(1000, 30);
    for (let index = 0; index < cases; index++) {
      const bytes = sealedFile(mutatedHeader(json, new Random(7, index)), body);
      const { value, violation } = await verdictOf(() => decodeModel('x', bytes), 'x');
      expect(violation).toBeUndefined();
      if (value && value.values.length === 3 * singles[0]!.parameters().length) {
        const use = await verdictOf(() => new Network(value).parameters().length);
        expect(use.violation).toBeUndefined();
      } else refused++;
    }
    expect(refused).toBeGreaterThan(cases / 4);
  });
});

describe('a file of an ensemble', () => {
  const changed = (change: (header: Record<string, unknown>, metadata: Record<string, string>) => unknown) => {
    const { json, body } = partsOf(readFileSync(at('classes.safetensors')));
    const header = JSON.parse(json) as Record<string, unknown>;
    change(header, header.__metadata__ as Record<string, string>);
    return sealedFile(JSON.stringify(header), body);
  };
  it('says by its format version that older readers must not use it', () => {
    const { json } = partsOf(readFileSync(at('classes.safetensors')));
    expect((JSON.parse(json) as { __metadata__: object }).__metadata__).toMatchObject({ format_version: '2' });
  });
  const says = (fields: Record<string, string>) => (_: unknown, metadata: Record<string, string>) => {
    Object.assign(metadata, fields);
  };
  const FIELDS: readonly (readonly [Record<string, string>, string])[] = [
    [{ format_version: '1' }, 'it has no tensor layers.0.weight'],
    [{ format_version: '3' }, 'format version 3, expected 1 or 2'],
    [{ ensemble: '' }, 'does not describe the networks'],
    [{ ensemble: '{"members":[{}]}' }, 'does not describe the networks'],
    [
      { ensemble: '{"members":[{},{}]}' },
      'tensor members.2.layers.0.weight belongs to no network; expected members.0. to members.1.',
    ],
    [{ ensemble: '{"members":[{},{},{},{}]}' }, 'it has no tensor layers.0.weight'],
    [{ lockstep: 'checkpoint' }, 'format version 2, expected 1'],
  ];
  it.each(FIELDS)('%j', async (fields, message) => {
    expect((await refusalOf(() => decodeModel('x', changed(says(fields))))).message).toContain(message);
  });
});

it('says why its networks stopped early, in the last line, too', async () => {
  const early = { ...JOBS.classes, epochs: 1000, validationSplit: 0.3, patience: 1, lr: 2 };
  const events = await eventsOf({ ...early, ensemble: 2 });
  expect(membersOf(events).map(({ stopped_by }) => stopped_by)).toEqual(['patience', 'patience']);
  expect(endOf(events).stopped_by).toBe('patience');
  expect(endOf(await eventsOf({ ...JOBS.classes, epochs: 1, ensemble: 2 }))).not.toHaveProperty('stopped_by');
});

it('refuses what it would not call', async () => {
  const onProgress = () => undefined;
  const { message } = await refusalOf(() => fitModel({ data: IRIS, label: 'species', ensemble: 2, onProgress }));
  expect(message).toContain('`onProgress`: not available with `ensemble`');
});

describe('resuming', () => {
  const job = JOBS.classes;
  it('trains no finished network again, and ends with the same weights', async () => {
    const whole = await eventsOf({ ...job, ensemble: 3 });
    const checkpointDir = at('checkpoints');
    const abort = new AbortController();
    const events: TrainEvent[] = [];
    for await (const event of trainAny(
      checkOptions({ ...job, ensemble: 3, checkpointDir }),
      { signal: abort.signal },
      { memory: { cores: 1 } },
    )) {
      events.push(event);
      if (event.event === 'member') abort.abort();
    }
    expect(endOf(events)).toMatchObject({ status: 'interrupted' });
    const again = await eventsOf({ ...job, ensemble: 3, resume: checkpointDir });
    expect(endOf(again).weights_sha256).toBe(endOf(whole).weights_sha256);
    expect(endOf(again).test_loss).toBe(endOf(whole).test_loss);
    expect(membersOf(again)[0]!.resumed!.epochs).toBe(2);
    // More networks may be added, but only with the same options.
    const more = await eventsOf({ ...job, ensemble: 4, resume: true, checkpointDir });
    expect(membersOf(more).map(({ resumed }) => resumed?.epochs)).toEqual([2, 2, 2, undefined]);
    expect(
      membersOf(more)
        .slice(0, 3)
        .map((each) => each.weights_sha256),
    ).toEqual(membersOf(whole).map((each) => each.weights_sha256));
    const { lr: _, ...others } = job;
    const { message } = await refusalOf(() => eventsOf({ ...others, ensemble: 5, resume: checkpointDir }));
    expect(message).toContain('network 5 of the ensemble has --lr 0.003, but network 1 has 0.02');
  });
  it('needs the options of the first run', async () => {
    const { message, status } = await refusalOf(() => eventsOf({ ensemble: 3, resume: at('checkpoints') }));
    expect(message).toContain('the options of the first run must be given again');
    expect(status).toBe(2);
    const others = [
      [{ ensemble: 3, resume: IRIS }, 'not a file'],
      [{ resume: at('checkpoints') }, 'contains the networks of an ensemble'],
      [{ ensemble: 3, resume: at('checkpoints'), checkpointDir: at('elsewhere') }, 'expected the same folder'],
    ] as const;
    for (const [given, text] of others)
      expect((await refusalOf(() => eventsOf({ ...job, ...given }))).message).toContain(text);
  });
});

it('a network that fails ends the ensemble', async () => {
  const events: TrainEvent[] = [];
  const { message } = await refusalOf(async () => {
    for await (const event of train({ ...(JOBS.numbers as TrainInput), lr: 1e30, ensemble: 2 })) events.push(event);
  });
  expect(message).toContain('network 1 of the ensemble (seed 4)');
  expect(endOf(events)).toMatchObject({ event: 'end', status: 'failed' });
});

it.each([{ audit: true }, { logEvery: 1 }, { noiseScale: true }])('%j is refused', async (other) => {
  expect((await refusalOf(() => eventsOf({ ...JOBS.classes, ensemble: 2, ...other }))).message).toContain(
    'not available with --ensemble',
  );
});

it('fit() returns a model that saves what it loads', async () => {
  const model = await fitModel({ ...SMALL, data: IRIS, label: 'species', ensemble: 2 });
  await model.save(at('a.safetensors'));
  const loaded = await loadClassifier(at('a.safetensors'));
  await loaded.save(at('b.safetensors'));
  expect(readFileSync(at('b.safetensors'))).toEqual(readFileSync(at('a.safetensors')));
  const { ensemble, test_loss: loss } = await loaded.evaluate(IRIS);
  expect(ensemble!.members).toBe(2);
  expect(loss).toBeLessThan(ensemble!.mean.test_loss!);
});

it('large differences do not make a mean infinite', async () => {
  const { json, body } = partsOf(readFileSync(at('classes.safetensors')));
  const values = new Float32Array(Uint8Array.from(body).buffer).map((value) => 1000 * value);
  const network = new Network(decodeModel('x', sealedFile(json, new Uint8Array(values.buffer))));
  for (const row of inputsIn(IRIS, 4)) {
    const { loss } = network.evaluate(row, 0);
    expect(loss).toBeLessThan(1e9);
    expect(network.probabilities.every((p) => p >= 0 && p <= 1)).toBe(true);
  }
});
