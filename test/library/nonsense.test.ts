/** A program may give anything, whatever the types say: it is refused by a LockstepError with a code, and nothing starts. */
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPTION_NAMES, type TrainOptions } from '../../src/config/options.js';
import { Dashboard } from '../../src/dashboard/dashboard.js';
import { LockstepError } from '../../src/errors.js';
import { withTensorBoard } from '../../src/output/tensorboard/with-tensorboard.js';
import { train } from '../../src/run/train.js';
import { fit as fitModel } from '../../src/tools/fit.js';
import { loadModel, type Network, type Sample } from '../../src/tools/network.js';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { refusalOf } from '../support/refusals.js';
import { IRIS } from '../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const MISSING = path.join(folder.path, 'missing');

let network: Network;
beforeAll(async () => {
  const save = path.join(folder.path, 'iris.safetensors');
  await collect({ data: IRIS, label: 'species', hidden: [3], epochs: 1, threads: 1, save });
  network = await loadModel(save);
});

/** With the usual suspects, which are rare among random values. */
const anything = () =>
  fc.oneof(
    fc.constantFrom<unknown>(null, 5, [], '', 'text', Number.NaN, true, 10n, Symbol('s'), new Date(0), new Map()),
    fc.constantFrom<unknown>(() => 1, new Uint8Array(4), Object.create(null), Promise.resolve(), new Proxy([], {})),
    fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true, withTypedArray: true }),
  );

/** What it throws, if it throws, is ours. @returns whether it was refused */
async function isRefused(act: () => unknown): Promise<boolean> {
  try {
    await act();
    return false;
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    expect(error.code).toMatch(/^[a-z]+(_[a-z0-9]+)*$/);
    expect(error.message).not.toContain('\n');
    return true;
  }
}

/** Whatever is given, there are no data: so nothing can start. */
const start = async (options: unknown) => {
  const { done } = await train(options as TrainOptions).next();
  expect(done).toBe(true);
};

describe('train', () => {
  it.each<[unknown, string]>([
    [null, 'null'],
    [5, 'the number 5'],
    ['data', "the string 'data'"],
    [[], 'the array []'],
    [[{ epochs: 1 }], 'the array [ { epochs: 1 } ]'],
    [new Map([['epochs', 1]]), "the object Map(1) { 'epochs' => 1 }"],
    [() => 1, 'the function [Function (anonymous)]'],
    [Object.create({ epochs: 1 }), 'the object {}'],
  ])('of %o is refused', async (options, found) => {
    const { error, code, status } = await refusalOf(() => start(options));
    expect(error.message).toBe(`train(): expected an object of options, such as { epochs: 5 }; found ${found}`);
    expect({ code, status }).toEqual({ code: 'not_options', status: 2 });
  });

  it('of anything that is no object of options is refused', async () => {
    const isOptions = (value: unknown) =>
      value === undefined ||
      (typeof value === 'object' && value !== null && Object.values(value).every((each) => each === undefined));
    const values = anything().filter((value) => !isOptions(value) || Array.isArray(value));
    await fc.assert(fc.asyncProperty(values, async (value) => isRefused(() => start(value))));
  });

  it.each([...OPTION_NAMES, 'signal', 'onProgress', 'onView', 'unknown'])('of any %s is refused', async (name) => {
    await fc.assert(
      fc.asyncProperty(anything(), async (value) => {
        // (What is taken comes to data that are not there.)
        const given = { checkpointDir: MISSING, resume: MISSING, data: MISSING, [name]: value };
        expect(await isRefused(() => start(given))).toBe(true);
      }),
    );
  });
});

describe('loadModel', () => {
  it('of anything', async () => {
    await fc.assert(fc.asyncProperty(anything(), async (value) => isRefused(() => loadModel(value as string))));
  });

  it('of what is no file name says so', async () => {
    const { error, code } = await refusalOf(() => loadModel(5 as unknown as string));
    expect(error.message).toBe('`file`: expected a string: a model or a checkpoint; found the number 5');
    expect(code).toBe('invalid_option');
  });
});

describe('a network', () => {
  const sample = [5.1, 3.5, 1.4, 0.2];
  it.each<[string, (value: unknown) => unknown]>([
    ['predict', (value) => network.predict(value as Sample)],
    ['predict, in a sample', (value) => network.predict([value, ...sample.slice(1)] as Sample)],
    ['evaluate', (value) => network.evaluate(value as Sample, 0)],
    ['evaluate, a target', (value) => network.evaluate(sample, value as number)],
    ['sampleOf', (value) => network.sampleOf(value as Record<string, unknown>)],
    [
      'sampleOf, a cell',
      (value) => network.sampleOf({ sepal_length: value, sepal_width: 1, petal_length: 1, petal_width: 1 }),
    ],
    ['update', (value) => network.update(value as Float32Array)],
  ])('%s: of anything', async (_, act) => {
    await fc.assert(fc.asyncProperty(anything(), async (value) => void (await isRefused(() => act(value)))));
    expect(await isRefused(() => act(Symbol('none')))).toBe(true);
    expect(await isRefused(() => act({}))).toBe(true);
  });

  it('is what it was, after all that', async () => {
    const again = await loadModel(path.join(folder.path, 'iris.safetensors'));
    expect(network.weightsSha256).toBe(again.weightsSha256);
    expect(network.predict(sample)).toEqual(again.predict(sample));
  });
});

describe('withTensorBoard', () => {
  const first = (events: unknown, to: unknown) =>
    withTensorBoard(events as ReturnType<typeof train>, to as string).next();

  it('of any events, and of any folder', async () => {
    const inFolder = path.join(folder.path, 'logs');
    await fc.assert(
      fc.asyncProperty(anything(), async (value) => void (await isRefused(() => first(value, inFolder)))),
    );
    for (const events of [null, 5, 'text', {}, [5], [null]])
      expect(await isRefused(() => first(events, inFolder))).toBe(true);
    for (const to of [null, 5, '', {}, []])
      expect(await isRefused(() => first(train({ data: MISSING }), to))).toBe(true);
  });
});

describe('Dashboard', () => {
  it('of any port', async () => {
    const isPort = (value: unknown) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 65_536;
    const values = anything().filter((value) => value !== undefined && !isPort(value));
    await fc.assert(fc.asyncProperty(values, async (value) => isRefused(() => Dashboard.open(value as number))));
    for (const port of [-1, 65_536, 80.5, '80']) {
      const { error, code } = await refusalOf(() => Dashboard.open(port as number));
      expect(error.message).toMatch(/^`port`: expected a port from 1 to 65535, or 0 for any free port; found the /);
      expect(code).toBe('invalid_option');
    }
  });

  it('shows no event that is none', async () => {
    const dashboard = await Dashboard.open(0);
    try {
      await fc.assert(
        fc.asyncProperty(anything(), async (value) => void (await isRefused(() => dashboard.show(value as never)))),
      );
      for (const value of [null, 5, 'text', []])
        expect(await isRefused(() => dashboard.show(value as never))).toBe(true);
    } finally {
      await dashboard.close();
    }
  });
});

describe('fit', () => {
  const job = { data: IRIS, label: 'species', hidden: [3], epochs: 1, threads: 1 } as const;

  it.each([{ logEvery: 1 }, { noiseScale: true }])('with %o, but nobody to receive the metrics', async (given) => {
    const [name] = Object.keys(given);
    const { error, status } = await refusalOf(() => fitModel({ ...job, ...given }));
    expect(error.message).toMatch(new RegExp(`^\`${name}\` .*: requires \`onEvent\``));
    expect(status).toBe(2);
    const kinds = new Set<string>();
    await fitModel({ ...job, ...given, onEvent: ({ event }) => kinds.add(event) });
    expect(kinds).toContain('epoch');
  });
});
