/** Private training: each step, the same bits for any number of threads, what is stored where, and what is refused. */
import { readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveOptions, type TrainOptions } from '../../src/config/options.js';
import { TABLE_LENGTH } from '../../src/kernels/lattice-noise.js';
import { Accountant } from '../../src/privacy/accountant.js';
import { mechanismFor } from '../../src/privacy/mechanism.js';
import { fillNoiseTable } from '../../src/privacy/noise-table.js';
import { roomFor } from '../../src/privacy/poisson.js';
import { newSecret } from '../../src/privacy/secret.js';
import { requirePrivate } from '../../src/run/private-options.js';
import { train } from '../../src/run/train.js';
import { exportModel } from '../../src/tools/export/export-model.js';
import { inspectModel } from '../../src/tools/inspect/inspect-model.js';
import { loadClassifier } from '../../src/tools/model.js';
import { collect } from '../support/events.js';
import { temporaryFolder, writeDataset } from '../support/idx-files.js';
import { kernelNames } from '../support/kernels.js';
import { root } from '../support/paths.js';
import { batchOf, noiseOf, type Setting, secretOfSeed, stepOf } from '../support/private-step.js';
import { refusalOf } from '../support/refusals.js';
import { resultsAfter, resultsOf } from '../support/results.js';
import { readTensorFile } from '../support/tensor-file.js';
import { casesOf, inFull, TRIES_ALL, valuesOf } from '../support/thoroughness.js';

const [SAMPLES, SIDE, CLASSES] = [60, 3, 3];
const pixel = (p: number) => (p * p * 31 + p * 7) % 256;
const labels = Array.from({ length: SAMPLES }, (_, s) => (s + (s >> 2)) % CLASSES);

const folder = temporaryFolder();
writeDataset(folder, {
  train: { labels, shape: [SIDE, SIDE], pixel },
  test: { labels: labels.slice(0, 9), shape: [SIDE, SIDE], pixel },
});
afterAll(() => folder.remove());
let count = 0;
const newPath = (name: string) => path.join(folder.path, `${++count}-${name}`);

const OPTIONS: TrainOptions = {
  ...{ data: folder.path, hidden: [13], batchSize: 10, epochs: 2, threads: valuesOf(2, 1), lr: 0.5 },
  ...{ private: true, dpSeed: 7, dpDelta: 0.01, dpClipNorm: 0.7, dpNoiseMultiplier: 1.5 },
};
const KERNELS = kernelNames();
/** So small that only the accountant that takes little time is used. */
const FAST_DELTA = 1e-11;

/** SHA-256 of the weights, by kernel. */
const GOLDEN: Readonly<Record<string, string>> = {
  simd: 'ff64da9e85cfb47026eacb68a687c8eb35a03021fb21e7d219bfe4cca235aca3',
  'simd-fma': '5ef59ea7151322751cb43312b6b8a2967020963566a504b1f0a7bc87013a48cf',
  reference: '54846b3da6dacaaf1b423879c63ff96d5640b8b2363d04f0b533c3953c9f7746',
};

describe.each(casesOf(KERNELS, (name) => name !== 'reference'))('kernel %s', (kernel) => {
  it('gives the same weights for any number of threads and division of layers', async () => {
    for (const hidden of valuesOf([[], [13], [70, 9]], [[70, 9]])) {
      const hashes: (string | undefined)[] = [];
      for (const threads of valuesOf([1, 2, 7], [1, 3])) {
        const { end } = await collect({ ...OPTIONS, kernel, hidden, threads, epochs: 2 });
        hashes.push(end.weights_sha256);
      }
      expect(new Set(hashes).size, hidden.join()).toBe(1);
    }
  });

  it('gives the recorded weights, on every version of Node', async () => {
    const { end } = await collect({ ...OPTIONS, kernel, hidden: [70, 9], optimizer: 'adam', lr: 0.01 });
    expect(end.weights_sha256).toBe(GOLDEN[kernel]);
  });

  it('steps as an independent computation does: the same samples, clipped gradients and noise', async () => {
    const checkpointDir = newPath('runs');
    const widths = [SIDE * SIDE, 13, CLASSES] as const;
    const initial = newPath('initial.safetensors');
    await collect({ ...OPTIONS, kernel, epochs: 0, save: initial });
    await collect({ ...OPTIONS, kernel, epochs: 1, checkpointDir, checkpointEverySteps: 1, keep: 10 });
    const table = { entries: new Uint32Array(TABLE_LENGTH), rests: new Uint32Array(2 * TABLE_LENGTH) };
    fillNoiseTable(table);
    const secret = newSecret(7);
    const shapes = [
      [widths[0] + 1, widths[1]],
      [widths[1] + 1, widths[2]],
    ] as const;
    const parameters = shapes.reduce((sum, [rows, columns]) => sum + rows * columns, 0);
    const { threshold, scale } = mechanismFor(1.5, 0.7, roomFor(SAMPLES, 10).largestBatch, parameters)!;
    const data = {
      inputs: labels.map((_, s) =>
        Float64Array.from({ length: widths[0] }, (_, i) => Math.fround(pixel(s * widths[0] + i) / 255)),
      ),
      labels,
    };
    let weights = weightsIn(initial);
    let clipped = 0;
    for (let step = 0; step < 5; step++) {
      const batch = batchOf(SAMPLES, 10, secretOfSeed(secret, 'sampling'), step);
      const noise = noiseOf(shapes, secretOfSeed(secret, 'noise'), step, table);
      const setting = { widths, batchSize: 10, threshold, rate: 0.5, perUnit: scale.perUnit };
      const expected = stepOf(weights, data, setting, batch, noise);
      const found = weightsIn(path.join(checkpointDir, `step-${String(step + 1).padStart(7, '0')}.safetensors`));
      // Sums are rounded to the lattice, and float32 rounds the weights.
      const tolerance = (0.5 / 10) * (1.01 * scale.unit) + (kernel === 'reference' ? 1e-12 : 1e-6);
      for (const [l, layer] of expected.layers.entries()) {
        const worst = layer.reduce((most, w, p) => Math.max(most, Math.abs(w - found.layers[l]![p]!)), 0);
        expect(worst).toBeLessThan(tolerance);
      }
      clipped += batch.length;
      weights = found;
    }
    expect(clipped).toBeGreaterThan(0);
  });

  it('resumed, ends with the weights of an uninterrupted run, from every checkpoint', async () => {
    const checkpointDir = newPath('runs');
    const undisturbed = await collect({ ...OPTIONS, kernel, checkpointDir, checkpointEverySteps: 2, keep: 20 });
    const names = (await readdir(checkpointDir)).sort();
    expect(names.length).toBeGreaterThan(5);
    for (const [i, name] of names.entries()) {
      if (i % valuesOf(1, kernel === KERNELS[0] ? 3 : 6) > 0) continue;
      const resume = path.join(checkpointDir, name);
      const { state } = readTensorFile(resume).metadata;
      const resumed = await collect({ resume, threads: 1 + (i % 3), checkpointDir: newPath('runs') });
      const { epochs, step } = JSON.parse(state!) as { epochs: number; step: number };
      expect(resultsOf(resumed.all), name).toEqual(resultsAfter(undisturbed.all, { epochs, step }));
    }
  });
});

it('the independent computation steps as Opacus does, with the same batch and noise', () => {
  const recorded = JSON.parse(readFileSync(path.join(root, 'test/fixtures/private-step.json'), 'utf8')) as {
    readonly [name in 'before' | 'noise' | 'after' | 'inputs']: readonly (readonly number[])[];
  } & { readonly labels: readonly number[] } & Omit<Setting, 'perUnit'>;
  const arrays = (lists: readonly (readonly number[])[]) => lists.map((list) => Float64Array.from(list));
  const { before, noise, after, inputs, labels, ...setting } = recorded;
  const batch = labels.map((_, s) => s);
  const data = { inputs: arrays(inputs), labels };
  const found = stepOf({ layers: arrays(before) }, data, { ...setting, perUnit: 1 }, batch, arrays(noise));
  for (const [l, layer] of found.layers.entries()) {
    // (Opacus adds 1e-6 to the norm before it divides.)
    for (const [p, weight] of layer.entries()) expect(Math.abs(weight - after[l]![p]!)).toBeLessThan(1e-6);
  }
});

function weightsIn(file: string) {
  const { tensors } = readTensorFile(file);
  const values = (name: string) => tensors.get(name)!.values;
  return {
    layers: [0, 1].map((l) => Float64Array.from([...values(`layers.${l}.weight`), ...values(`layers.${l}.bias`)])),
  };
}

describe('a private run', () => {
  it('has empty batches, and goes on', async () => {
    const secret = newSecret(7);
    const sizes = Array.from(
      { length: 60 },
      (_, step) => batchOf(SAMPLES, 1, secretOfSeed(secret, 'sampling'), step).length,
    );
    expect(sizes).toContain(0);
    expect(Math.max(...sizes)).toBeGreaterThan(1);
    const hashes = [];
    for (const threads of [1, 3]) {
      const { end } = await collect({ ...OPTIONS, batchSize: 1, epochs: 1, threads });
      expect(end).toMatchObject({ status: 'completed', epochs: 1 });
      hashes.push(end.weights_sha256);
    }
    expect(hashes[0]).toBe(hashes[1]);
  });

  it('trains with batches of all samples', async () => {
    const { end, start } = await collect({ ...OPTIONS, batchSize: SAMPLES });
    expect(start.config.dp_noise_multiplier).toBe(1.5);
    expect(end.status).toBe('completed');
  });

  it('has another secret each time', async () => {
    const { dpSeed: _, ...secret } = OPTIONS;
    const ends = [await collect(secret), await collect(secret)].map(({ end }) => end.weights_sha256);
    expect(ends[0]).not.toBe(ends[1]);
  });

  it('says what it has spent, and nothing of its training samples', async () => {
    const { epochs, start, all, end } = await collect(OPTIONS);
    const accountant = new Accountant(10 / SAMPLES, 1.5, 12, 0.01);
    for (const [i, epoch] of epochs.entries()) {
      expect(epoch.epsilon).toBe(accountant.epsilon(6 * (i + 1)));
      expect(epoch.delta).toBe(0.01);
    }
    expect(end).toMatchObject({ epsilon: accountant.epsilon(12), delta: 0.01 });
    expect(start.privacy).toEqual({
      ...{ epsilon: accountant.epsilon(12), delta: 0.01, noise_multiplier: 1.5, clip_norm: 0.7 },
      ...{ sampling_rate: 10 / SAMPLES, steps: 12 },
    });
    expect(epochs[1]!.test_loss).toBeGreaterThan(0);
    expect(start.config.reduction).toBe('mean');
    expect(start.dataset).not.toHaveProperty('density');
    expect(JSON.stringify([...all, end])).not.toMatch(/"train_(loss|error)"|"loss":[0-9.]/);
  });

  it('has as many threads as there are cores, whatever its samples are', async () => {
    const { threads: _, ...rest } = OPTIONS;
    // (Without --private, the first has one thread, and the second is measured.)
    for (const epochs of valuesOf([1, 60], [1])) {
      const { start } = await collect({ ...rest, hidden: [40], batchSize: 2, epochs });
      expect(start.threads).toBe(availableParallelism());
      expect(start).not.toHaveProperty('thread_choice');
    }
  });

  const warned: [string, TrainOptions, string[]][] = [
    ['a rate that moves nothing', { lr: 0.1, epochs: 1 }, ['small_lr']],
    ['the same rate for more epochs', { lr: 0.1, epochs: 3 }, []],
    ['the same rate for sums', { lr: 0.1, epochs: 1, reduction: 'sum' }, []],
    ['the same rate with momentum', { lr: 0.1, epochs: 1, momentum: 0.9 }, []],
    ['the same rate with Adam', { lr: 0.1, epochs: 1, optimizer: 'adam' }, []],
    ['little noise', { dpNoiseMultiplier: 0.25 }, ['weak_privacy']],
  ];
  it.each(casesOf(warned, (_, i) => i < 2 || i === 5))(
    'warns about options that are of no use: %s',
    async (_, given, codes) => {
      const { all } = await collect({ ...OPTIONS, threads: 1, dpDelta: FAST_DELTA, ...given });
      const found = all.flatMap((event) => (event.event === 'warning' ? [event.code] : []));
      expect(found.filter((code) => code !== 'no_better_than_constant')).toEqual(codes);
    },
  );

  it('warns if its network is no better than the most frequent class of the test samples', async () => {
    const { all, end } = await collect({ ...OPTIONS, dpDelta: FAST_DELTA, dpNoiseMultiplier: 50 });
    expect(end.test_error).toBeGreaterThan(0.3);
    const found = all.find((event) => event.event === 'warning');
    expect(found).toMatchObject({ code: 'no_better_than_constant' });
    expect((found as { message: string }).message).toContain('`lr`, a larger `batchSize`');
  });

  it('finds the noise that spends the budget in its epochs', async () => {
    const { dpNoiseMultiplier: _, ...rest } = OPTIONS;
    // (test/privacy/budget.test.ts has the accountant that takes longer.)
    const dpDelta = valuesOf(0.01, FAST_DELTA);
    const { start, epochs } = await collect({ ...rest, dpDelta, dpEpsilon: 2, epochs: 4 });
    expect(epochs).toHaveLength(4);
    expect(epochs[3]!.epsilon).toBeLessThanOrEqual(2);
    expect(epochs[3]!.epsilon).toBeGreaterThan(1.99);
    const less = new Accountant(10 / SAMPLES, start.config.dp_noise_multiplier! - 1e-4, 24, dpDelta);
    expect(less.epsilon(24)).toBeGreaterThan(2);
  });

  it('ends before an epoch that would exceed the budget, and a resumed run does, too', async () => {
    const checkpointDir = newPath('runs');
    const accountant = new Accountant(10 / SAMPLES, 1.5, 18, 0.01);
    const dpEpsilon = accountant.epsilon(6 * 3) + 2e-3;
    const { start, end, epochs } = await collect({ ...OPTIONS, dpEpsilon, epochs: 50, checkpointDir });
    expect(end).toMatchObject({ status: 'completed', stopped_by: 'privacy_budget', epochs: 3 });
    expect(epochs.at(-1)!.epsilon).toBeLessThanOrEqual(dpEpsilon);
    expect(start.privacy).toMatchObject({ steps: 18, epsilon: epochs.at(-1)!.epsilon });
    const again = await collect({ resume: checkpointDir, epochs: 60 });
    expect(again.epochs).toEqual([]);
    expect(again.end).toMatchObject({ stopped_by: 'privacy_budget', epochs: 3, weights_sha256: end.weights_sha256 });
  });

  it.skipIf(!TRIES_ALL)(
    `goes on with the same noise multiplier for more epochs, up to the budget${inFull}`,
    async () => {
      const checkpointDir = newPath('runs');
      const { dpNoiseMultiplier: _, ...rest } = OPTIONS;
      const first = await collect({ ...rest, dpEpsilon: 2, epochs: 2, checkpointDir });
      const more = await collect({ resume: checkpointDir, epochs: 3 });
      expect(more.start.config.dp_noise_multiplier).toBe(first.start.config.dp_noise_multiplier);
      expect(more.end).toMatchObject({ stopped_by: 'privacy_budget', epochs: 2 });
    },
  );
});

describe('files', () => {
  it('only checkpoints have the secret, for their owner only; models state the guarantee', async () => {
    const checkpointDir = newPath('runs');
    const save = newPath('model.safetensors');
    const { dpSeed: _, ...rest } = OPTIONS;
    await collect({ ...rest, checkpointDir, save });
    const checkpoint = path.join(checkpointDir, (await readdir(checkpointDir))[0]!);
    expect(statSync(checkpoint).mode & 0o777).toBe(0o600);
    const secret = readTensorFile(checkpoint).metadata.privacy_secret!;
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    const { metadata } = readTensorFile(save);
    expect(readFileSync(save).includes(secret)).toBe(false);
    expect(metadata).not.toHaveProperty('privacy_secret');
    expect(JSON.parse(metadata.dataset!)).not.toHaveProperty('train_sha256');
    expect(JSON.parse(metadata.privacy!)).toEqual({
      epsilon: new Accountant(10 / SAMPLES, 1.5, 12, 0.01).epsilon(12),
      ...{ delta: 0.01, noise_multiplier: 1.5, clip_norm: 0.7, sampling_rate: 10 / SAMPLES, steps: 12 },
      accountant: 'privacy loss distribution',
      neighbors: 'data sets that differ by adding or removing one training sample',
    });
    for (const file of [checkpoint, save]) expect(JSON.stringify(await inspectModel(file))).not.toContain(secret);
  });

  it('a model made of a checkpoint has neither the secret nor the hash of the training data', async () => {
    const checkpointDir = newPath('runs');
    const [save, exported, saved, again] = ['save', 'exported', 'saved', 'again'].map((name) =>
      newPath(`${name}.safetensors`),
    ) as [string, string, string, string];
    const { dpSeed: _, ...rest } = OPTIONS;
    await collect({ ...rest, checkpointDir, save });
    const checkpoint = path.join(checkpointDir, (await readdir(checkpointDir)).sort().at(-1)!);
    const { dataset, privacy_secret: secret } = readTensorFile(checkpoint).metadata;
    const { train_sha256: hash } = JSON.parse(dataset!) as { train_sha256: string };
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    await exportModel(checkpoint, exported);
    expect(readFileSync(exported).equals(readFileSync(save))).toBe(true);
    await (await loadClassifier(checkpoint)).save(saved);
    await (await loadClassifier(saved)).save(again);
    for (const file of [exported, saved, again]) {
      const { metadata } = readTensorFile(file);
      expect(metadata).toHaveProperty('privacy');
      expect(JSON.parse(metadata.dataset!)).toHaveProperty('test_sha256');
      for (const text of [hash, secret!]) expect(readFileSync(file).includes(text)).toBe(false);
    }
    expect(JSON.stringify(await inspectModel(checkpoint))).not.toContain(hash);
  });

  it('a run with a seed says that nothing is guaranteed', async () => {
    const save = newPath('model.safetensors');
    await collect({ ...OPTIONS, save });
    expect(JSON.parse(readTensorFile(save).metadata.privacy!)).toMatchObject({
      warning: expect.stringContaining('--dp-seed') as string,
    });
  });

  it('the secret is used again only with the same options', async () => {
    const checkpointDir = newPath('runs');
    await collect({ ...OPTIONS, checkpointDir });
    for (const given of [{ lr: 0.1 }, { dpClipNorm: 1 }, { dpNoiseMultiplier: 9 }, { private: false }, { dpSeed: 1 }]) {
      const { status } = await refusalOf(() => first({ resume: checkpointDir, ...given }));
      expect(status).toBe(2);
      const anyway = await refusalOf(() => first({ resume: checkpointDir, ...given, resumeAnyway: true }));
      expect(anyway.code).toBe('not_private');
    }
  });
});

async function first(options: TrainOptions): Promise<void> {
  for await (const _ of train(options)) return;
}

it('is refused with several processes, in words that say why', async () => {
  const config = resolveOptions(OPTIONS);
  for (const mpi of [true, '/usr/lib/libmpi.so'] as const) {
    const refusal = await refusalOf(() => requirePrivate(config, { mpi, isTable: false }, undefined));
    expect(refusal.message).toBe('--mpi: not possible with --private, because noise is added by a single process');
  }
});

describe('refused', () => {
  const { dpNoiseMultiplier: _, dpDelta: __, ...bare } = OPTIONS;
  it.each<[string, TrainOptions, string]>([
    ['no delta', { ...bare, dpEpsilon: 1 }, 'private_without'],
    ['no noise', { ...bare, dpDelta: 0.01 }, 'private_without'],
    ['a large delta', { ...OPTIONS, dpDelta: 1 / 60 }, 'large_delta'],
    ['validation samples of the private ones', { ...OPTIONS, validationSplit: 0.2 }, 'not_private'],
    ['step events', { ...OPTIONS, logEvery: 1 }, 'not_private'],
    ['the noise scale', { ...OPTIONS, noiseScale: true }, 'not_private'],
    ['an audit', { ...OPTIONS, audit: true }, 'not_private'],
    ['balanced classes', { ...OPTIONS, classWeights: ['balanced'] }, 'not_private'],
    ['clipping the batch', { ...OPTIONS, clipNorm: 1 }, 'not_private'],
    ['strategy dense', { ...OPTIONS, strategy: 'dense' }, 'not_private'],
    ['a budget below an epoch', { ...OPTIONS, dpEpsilon: 0.1, dpNoiseMultiplier: 0.5 }, 'no_epoch_within'],
    ['noise that hides the lattice', { ...OPTIONS, dpNoiseMultiplier: 1e5 }, 'noise_beyond_lattice'],
    ['options without --private', { ...OPTIONS, private: false }, 'requires_option'],
  ])('%s', async (_, options, code) => {
    const refusal = await refusalOf(() => first(options));
    expect(refusal).toMatchObject({ code, status: 2 });
  });
});
