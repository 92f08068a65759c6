/** A checkpoint that says what no run can be in is refused, although its checksum is right: one case a rule. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import { freshGradients } from '../../src/metrics/gradient-noise.js';
import { refusalOf } from '../support/refusals.js';
import { partsOf, sealedFile } from '../support/sealed-file.js';
import { type TinyRun, tinyRun } from '../support/tiny-run.js';

type Tree = Record<string, unknown>;
/** Changes the metadata, in which architecture, config, dataset and state are objects here. */
type Change = (metadata: {
  [name: string]: unknown;
  config: Tree;
  dataset: Tree;
  state: Tree;
  architecture: Tree;
}) => void;

let run: TinyRun;
let original: Uint8Array;
beforeAll(async () => {
  run = await tinyRun();
  // One epoch of five steps and two steps more, 10 samples of 23; step events every 4.
  original = run.files.get('step-0000007.safetensors')!;
});
afterAll(() => run.remove());

function changed(change: Change, mutateBody: (body: Float32Array) => void = () => undefined): Uint8Array {
  const { json, body } = partsOf(original);
  const header = JSON.parse(json) as { __metadata__: Tree };
  const names = ['architecture', 'config', 'dataset', 'state'];
  const parsed = names.map((name) => [name, JSON.parse(header.__metadata__[name] as string) as unknown]);
  const metadata = { ...header.__metadata__, ...Object.fromEntries(parsed) } as Parameters<Change>[0];
  change(metadata);
  for (const name of names) if (typeof metadata[name] === 'object') metadata[name] = JSON.stringify(metadata[name]);
  const values = new Float32Array(body.slice().buffer);
  mutateBody(values);
  return sealedFile(JSON.stringify({ ...header, __metadata__: metadata }), new Uint8Array(values.buffer));
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const { message, status } = await refusalOf(() => decodeCheckpoint('c.safetensors', bytes));
  expect(status).toBe(1);
  return message.replace('c.safetensors: not a usable checkpoint: ', '');
}

it('is taken if nothing is changed but the checksum made anew', () => {
  expect(
    decodeCheckpoint(
      'c',
      changed(() => undefined),
    ).state,
  ).toMatchObject({ epochs: 1, stepsInEpoch: 2, step: 7 });
});

it('is taken with norms of its own layers', () => {
  const bytes = changed(({ state }) => (state.gradients = freshGradients({ layers: [4, 3, 3] })));
  expect(decodeCheckpoint('c', bytes).state.gradients?.epoch.parts.length).toBe(3);
});

describe('parts that do not fit together', () => {
  it.each<[string, Change, string]>([
    [
      'another activation in its configuration',
      ({ config }) => (config.activation = 'gelu'),
      'its activation does not match its configuration',
    ],
    ['other hidden layers', ({ config }) => (config.hidden = [4]), 'its layers do not match its configuration'],
    ['a kernel of another precision', (m) => (m.kernel = 'reference'), 'the type of its tensors does not match'],
    [
      'a batch beyond the data',
      ({ config }) => (config.batch_size = 24),
      'its batch size exceeds its number of samples',
    ],
    ['another limit', ({ config }) => (config.limit = 22), 'its limit does not match its number of samples'],
    [
      'validation samples of no split',
      ({ dataset }) => (dataset.validation = 5),
      'its number of validation samples does not match',
    ],
    [
      'a split without samples',
      ({ config }) => (config.validation_split = 0.2),
      'its number of validation samples does not match',
    ],
    [
      'a best epoch without validation samples',
      ({ state }) => (state.best = { epoch: 1, figures: { validation_loss: 1 } }),
      'it has a best epoch without validation samples, or validation samples without a best epoch',
    ],
    [
      'validation samples without a best epoch',
      ({ config, dataset }) => {
        config.validation_split = 0.2;
        dataset.validation = 5;
      },
      'it has a best epoch without validation samples, or validation samples without a best epoch',
    ],
    ['other step events', ({ config }) => (config.log_every = 5), 'its log interval does not match'],
    ['fewer epochs than are done', ({ config }) => (config.epochs = 1), 'it is beyond its last epoch'],
    [
      'norms of the gradients of other layers',
      ({ state }) => (state.gradients = freshGradients({ layers: [4, 3] })),
      'its norms of gradients do not match',
    ],
    [
      'norms that are no numbers',
      ({ state }) => (state.gradients = { ...freshGradients({ layers: [4, 3, 3] }), averages: ['1', '2', '3'] }),
      'its state is not valid',
    ],
    [
      'sums of other samples',
      ({ state }) => Object.assign(state.epochSums as Tree, { samples: 11 }),
      'its sums do not match',
    ],
    [
      'steps beyond the epoch',
      (m) => {
        Object.assign(m.state, { stepsInEpoch: 6, step: 11, epochSums: { samples: 23, loss: 1, wrong: 1 } });
        m.step = '11';
      },
      'it is beyond the last step of its epoch',
    ],
  ])('%s', async (_, change, expected) => {
    expect(await refusal(changed((metadata) => void change(metadata)))).toContain(expected);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('a weight of %s', async (weight) => {
    expect(
      await refusal(
        changed(
          () => undefined,
          (body) => void body.fill(weight, 5, 6),
        ),
      ),
    ).toBe('its weights are not all finite');
  });
});

describe('a state that no run can be in', () => {
  it.each<[string, Tree]>([
    ['fewer steps than epochs', { step: 2 }],
    ['steps of the first epoch that are not the run’s', { epochs: 0 }],
    ['a negative count', { logEvery: -1 }],
    ['a count that is none', { stepsInEpoch: 2.5 }],
    ['a step that no run comes to', { step: 2 ** 50 }],
    ['time that no clock tells', { seconds: 1e308 }],
    ['time within the epoch, likewise', { epochSeconds: 1e11 }],
    ['sums that would be infinite with the next', { epochSums: { samples: 10, loss: 1e308, wrong: 1 } }],
    ['a loss of no samples', { logSums: { samples: 0, loss: 1, wrong: 0 } }],
    ['more errors than samples', { epochSums: { samples: 10, loss: 1, wrong: 11 } }],
    ['sums between events that there are none of', { logEvery: 0 }],
    ['a fraction above 1', { figures: { test_error: 1.5 } }],
    ['figures that are a list', { figures: [] }],
    ['no sums', { epochSums: null }],
  ])('%s', async (_, change) => {
    const bytes = changed((metadata) => {
      Object.assign(metadata.state, change);
      metadata.step = String(metadata.state.step);
      metadata.epochs = String(metadata.state.epochs);
      if ('logEvery' in change) metadata.config.log_every = null;
    });
    expect(await refusal(bytes)).toBe('its state is not valid');
  });

  it('another step than the one that a folder is listed by', async () => {
    expect(await refusal(changed((metadata) => (metadata.step = '8')))).toBe('its state is not valid');
  });
});

describe('metadata that are not understood', () => {
  it.each<[string, Change, string]>([
    [
      'another activation',
      ({ architecture }) => (architecture.activation = 'cube'),
      'unsupported architecture {"layers":[4,3,3],"activation":"cube","output":"softmax"}; ' +
        'expected layers, an activation (relu, leaky-relu, elu, selu, gelu, silu, mish, tanh, sigmoid) and output softmax',
    ],
    ['no JSON', (m) => Object.assign(m, { state: '{' }), 'its state is not valid JSON'],
    ['a negative number of samples', ({ dataset }) => (dataset.test = -1), 'its data set is not described'],
    ['a kind of several lines', (m) => (m.lockstep = 'a\nb'), 'it is a a b'],
    ['a kernel of a megabyte', (m) => (m.kernel = 'k'.repeat(1e6)), `its kernel is unknown: ${'k'.repeat(200)}…`],
    ['another format', (m) => (m.format_version = '2'), 'format version 2, expected 1; use a newer Lockstep'],
  ])('%s', async (_, change, expected) => {
    expect(await refusal(changed((metadata) => void change(metadata)))).toBe(expected);
  });

  it('nothing else is taken from a state than what is one', () => {
    const bytes = changed(({ state }) => Object.assign(state.figures as Tree, { event: 'start', weights_sha256: 'x' }));
    const { metrics } = decodeCheckpoint('c', bytes).state;
    expect(Object.keys(metrics).sort()).toEqual(['test_error', 'test_loss', 'train_error', 'train_loss']);
  });
});
