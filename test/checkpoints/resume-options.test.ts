/** Options of a resumed run: not given they are the checkpoint's; given they must agree, or the difference be wanted. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Config, resolveOptions, type TrainOptions } from '../../src/config/options.js';
import { chooseKernel } from '../../src/kernels/builds.js';
import { flagOf, inLibraryWords } from '../../src/text/words.js';
import { collect } from '../support/events.js';
import { refusalOf } from '../support/refusals.js';
import { resultsAfter, resultsOf } from '../support/results.js';
import { runTrain } from '../support/run-command.js';
import { scratchWith } from '../support/scratch.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

const scratch = scratchWith(40, 10);

/** 3 steps an epoch, and no option at its default. */
const options = (): TrainOptions => ({
  data: scratch.data,
  hidden: [7, 5],
  epochs: 2,
  batchSize: 12,
  lr: 0.002,
  reduction: 'mean',
  strategy: 'dense',
  seed: 5,
  limit: 30,
  kernel: 'simd',
  threads: 2,
  logEvery: 2,
});

/** Checkpoints at the end of epoch 2, and in its middle. */
let atEnd: string;
let within: string;
let undisturbed: Awaited<ReturnType<typeof collect>>;
beforeAll(async () => {
  const checkpointDir = scratch.newPath();
  await collect({ ...options(), checkpointDir, checkpointEverySteps: 2, keep: 10 });
  atEnd = path.join(checkpointDir, 'epoch-000002.safetensors');
  within = path.join(checkpointDir, 'step-0000004.safetensors');
  undisturbed = await collect({ ...options(), epochs: 3 });
});

/** Into a folder of its own. */
const resumed = (resume: string, given: TrainOptions = {}) =>
  collect({ resume, checkpointDir: scratch.newPath(), ...given });

const refused = async (resume: string, given: TrainOptions) => refusalOf(() => resumed(resume, given));

describe('options that are not given', () => {
  it("are the checkpoint's, each of them", async () => {
    const { start } = await resumed(within);
    const { data, ...rest } = options();
    expect(start.config).toMatchObject({
      data,
      hidden: rest.hidden,
      epochs: 2,
      batch_size: 12,
      lr: 0.002,
      reduction: 'mean',
      strategy: 'dense',
      seed: 5,
      limit: 30,
      kernel: 'simd',
      threads: 2,
      log_every: 2,
    });
    expect(start.kernel).toBe('simd');
    expect(start.resumed).toEqual({ file: within, epochs: 1, step: 4 });
  });

  it('how checkpoints are written is among them; where they are is where the one resumed lies', async () => {
    const first = scratch.newPath();
    await collect({ ...options(), checkpointDir: first, checkpointEvery: 2, checkpointEverySteps: 5, keep: 4 });
    const { start } = await collect({ resume: first, epochs: 3 });
    expect(start.config).toMatchObject({
      checkpoint_dir: first,
      checkpoint_every: 2,
      checkpoint_every_steps: 5,
      keep: 4,
    });
  });

  it('data by a relative path are found from any working directory', async () => {
    const checkpointDir = scratch.newPath();
    const at = process.cwd();
    const inFolder = async (given: TrainOptions) => {
      const { data: _, ...rest } = options();
      return collect({ ...rest, ...given });
    };
    try {
      process.chdir(path.dirname(scratch.data));
      await inFolder({ data: path.basename(scratch.data), checkpointDir, epochs: 1 });
    } finally {
      process.chdir(at);
    }
    const { start, all } = await collect({ resume: checkpointDir, epochs: 3 });
    expect(start.config.data).toBe(scratch.data);
    expect(resultsOf(all)).toEqual(resultsAfter(undisturbed.all, start.resumed!));
  });

  it('the same values may be given as well', async () => {
    const { all } = await resumed(within, { ...options(), epochs: 3 });
    expect(resultsOf(all)).toEqual(resultsAfter(undisturbed.all, { epochs: 1, step: 4 }));
  });

  it.each([undefined, 'auto' as const])(
    'a run that chose its kernel itself goes on with it (--kernel %s)',
    async (kernel) => {
      const checkpointDir = scratch.newPath();
      const { kernel: _, ...rest } = options();
      const { start } = await collect({ ...rest, checkpointDir });
      const { start: again, all } = await collect({ resume: checkpointDir, ...(kernel && { kernel }) });
      expect(again.kernel).toBe(start.kernel);
      expect(all.filter(({ event }) => event === 'warning')).toEqual([]);
    },
  );
});

/** What differs, what it says was found and expected, and whether that can be allowed: never, or between epochs only. */
const DIFFERENCES: {
  readonly given: TrainOptions;
  readonly found: string;
  readonly expected: string;
  readonly allowed: 'always' | 'between epochs' | 'never';
}[] = [
  { given: { hidden: [7] }, found: '--hidden 7', expected: '7,5', allowed: 'never' },
  { given: { hidden: [] }, found: '--hidden none', expected: '7,5', allowed: 'never' },
  { given: { activation: 'gelu' }, found: '--activation gelu', expected: 'relu', allowed: 'never' },
  { given: { batchSize: 10 }, found: '--batch-size 10', expected: '12', allowed: 'between epochs' },
  { given: { seed: 6 }, found: '--seed 6', expected: '5', allowed: 'between epochs' },
  { given: { limit: 29 }, found: '--limit 29', expected: '30', allowed: 'between epochs' },
  { given: { lr: 0.003 }, found: '--lr 0.003', expected: '0.002', allowed: 'always' },
  { given: { reduction: 'sum' }, found: '--reduction sum', expected: 'mean', allowed: 'always' },
  { given: { strategy: 'sliced' }, found: '--strategy sliced', expected: 'dense', allowed: 'always' },
  { given: { kernel: 'reference' }, found: '--kernel reference', expected: 'simd', allowed: 'always' },
  { given: { threads: 3 }, found: '--threads 3', expected: '2 (strategy dense)', allowed: 'always' },
];

describe.each(DIFFERENCES)('$found instead of $expected', ({ given, found, expected, allowed }) => {
  it('is refused with status 2, and both are named', async () => {
    for (const file of [atEnd, within]) {
      const { message, status } = await refused(file, { ...given, epochs: 3 });
      expect(message).toContain(`${found}: ${file} `);
      expect(message).toContain(`with ${expected}`);
      expect(status).toBe(2);
    }
  });

  it(`may be asked for: ${allowed}`, async () => {
    // From both, or, where it is allowed anywhere, of one option for all.
    for (const file of valuesOf(
      [atEnd, within],
      allowed === 'always' && !('lr' in given) ? [within] : [atEnd, within],
    )) {
      const wanted = { ...given, epochs: 3, resumeAnyway: true };
      if (allowed === 'never' || (allowed === 'between epochs' && file === within)) {
        const { message, status } = await refused(file, wanted);
        expect(message).toContain(`${found}: ${file} `);
        expect(message).not.toContain('--resume-anyway');
        expect(status).toBe(2);
        continue;
      }
      const { start, all, end } = await resumed(file, wanted);
      const [[name, value]] = Object.entries(given) as [[string, unknown]];
      expect(start.config).toMatchObject({ [name === 'batchSize' ? 'batch_size' : name]: value });
      expect(all[1]).toEqual({
        event: 'warning',
        code: 'resumed_anyway',
        message: inLibraryWords(`${found}: ${file} was written with ${expected}`),
      });
      expect(end).toMatchObject({ status: 'completed', epochs: 3 });
    }
  });
});

/** Of each option another value than the run's, and what the checkpoint has to say of it. */
const OTHER_VALUES: { readonly [name in keyof Config]: () => TrainOptions } = {
  threads: () => ({ threads: valuesOf(1, 2) }),
  vectorBits: () => ({ vectorBits: '128' }),
  data: () => ({ data: `${scratch.data}/.` }),
  label: () => ({ label: 'class' }),
  target: () => ({ target: ['price'] }),
  weight: () => ({ weight: 'price' }),
  group: () => ({ group: 'price' }),
  header: () => ({ header: 'yes' }),
  delimiter: () => ({ delimiter: ';' }),
  encoding: () => ({ encoding: 'latin1' }),
  comment: () => ({ comment: '#' }),
  columns: () => ({ columns: ['a'] }),
  drop: () => ({ drop: ['b'] }),
  types: () => ({ types: ['a=number'] }),
  missing: () => ({ missing: 'refuse' }),
  missingValues: () => ({ missingValues: ['-'] }),
  scale: () => ({ scale: 'minmax' }),
  testSplit: () => ({ testSplit: 0.5 }),
  testData: () => ({ testData: scratch.newPath('table.csv') }),
  hidden: () => ({ hidden: [8, 5] }),
  activation: () => ({ activation: 'tanh' }),
  init: () => ({ init: 'he' }),
  recipe: () => ({ recipe: 'reference' }),
  // (The others give it as well: the checkpoint's is 1.)
  epochs: () => ({ epochs: 2 }),
  batchSize: () => ({ batchSize: 11 }),
  lr: () => ({ lr: 0.004 }),
  reduction: () => ({ reduction: 'mean' }),
  optimizer: () => ({ optimizer: 'adam' }),
  momentum: () => ({ momentum: 0.5 }),
  nesterov: () => ({ nesterov: true }),
  centered: () => ({ centered: true }),
  ema: () => ({ ema: 0.9 }),
  beta1: () => ({ beta1: 0.5 }),
  beta2: () => ({ beta2: 0.5 }),
  eps: () => ({ eps: 0.5 }),
  weightDecay: () => ({ weightDecay: 0.5 }),
  l1: () => ({ l1: 0.01 }),
  maxNorm: () => ({ maxNorm: 0.5 }),
  clipNorm: () => ({ clipNorm: 0.5 }),
  schedule: () => ({ schedule: 'cosine' }),
  warmupSteps: () => ({ warmupSteps: 1 }),
  lrStepSize: () => ({ lrStepSize: 1 }),
  lrGamma: () => ({ lrGamma: 0.5 }),
  lrPatience: () => ({ lrPatience: 3 }),
  validationSplit: () => ({ validationSplit: 0.3 }),
  shift: () => ({ shift: 1 }),
  rotate: () => ({ rotate: 5 }),
  zoom: () => ({ zoom: 0.1 }),
  flip: () => ({ flip: true }),
  inputNoise: () => ({ inputNoise: 0.1 }),
  testAt: () => ({ testAt: 'end' }),
  patience: () => ({ patience: 50 }),
  keepBest: () => ({ keepBest: true }),
  maxTime: () => ({ maxTime: 1000 }),
  private: () => ({ private: true }),
  dpEpsilon: () => ({ dpEpsilon: 4 }),
  dpDelta: () => ({ dpDelta: 1e-4 }),
  dpClipNorm: () => ({ dpClipNorm: 2 }),
  dpNoiseMultiplier: () => ({ dpNoiseMultiplier: 2 }),
  publicData: () => ({ publicData: scratch.newPath('table.csv') }),
  dpSeed: () => ({ dpSeed: 2 }),
  strategy: () => ({ strategy: 'dense' }),
  exact: () => ({ exact: true }),
  seed: () => ({ seed: 6 }),
  loss: () => ({ loss: 'mae' }),
  huberDelta: () => ({ huberDelta: 2 }),
  dropout: () => ({ dropout: [0.5, 0.2] }),
  inputDropout: () => ({ inputDropout: 0.2 }),
  labelSmoothing: () => ({ labelSmoothing: 0.1 }),
  classWeights: () => ({ classWeights: ['balanced'] }),
  fold: () => ({ fold: '2/3' }),
  foldSeed: () => ({ foldSeed: 2 }),
  splitSeed: () => ({ splitSeed: 2 }),
  // (A single run does not know of an ensemble.)
  ensemble: () => ({ ensemble: 1 }),
  stratify: () => ({ stratify: true }),
  limit: () => ({ limit: 29 }),
  kernel: () => ({ kernel: 'reference' }),
  logEvery: () => ({ logEvery: 1 }),
  noiseScale: () => ({ noiseScale: true }),
  audit: () => ({ audit: scratch.newPath('.ndjson') }),
  save: () => ({ save: scratch.newPath('model.safetensors') }),
  checkpointDir: () => ({ checkpointDir: scratch.newPath() }),
  checkpointEvery: () => ({ checkpointEvery: 3 }),
  checkpointEverySteps: () => ({ checkpointEverySteps: 1 }),
  keep: () => ({ keep: 1 }),
  checkpointRequired: () => ({ checkpointRequired: true }),
};
const HARMLESS: readonly string[] = [
  ...['threads', 'vectorBits', 'data', 'epochs', 'patience', 'maxTime', 'logEvery', 'noiseScale', 'save'],
  ...['audit', 'ensemble', 'testAt'],
  ...['checkpointDir', 'checkpointEvery', 'checkpointEverySteps', 'keep', 'checkpointRequired'],
];

describe('every option', () => {
  /** A run has what an option may need: a step schedule, samples held out, Adam or momentum. */
  const runOf = (optimizer: 'sgd' | 'adam'): TrainOptions => ({
    ...{
      data: scratch.data,
      hidden: [7, 5],
      batchSize: 12,
      limit: 30,
      lr: 0.002,
      kernel: 'simd',
      threads: valuesOf(2, 1),
    },
    ...{ validationSplit: 0.2, schedule: 'step', epochs: 2, optimizer, ...(optimizer === 'sgd' && { momentum: 0.9 }) },
  });
  /** From where the others go on, and what the run of two epochs ends in that is never stopped. */
  const checkpoints = { sgd: '', adam: '' };
  let weightsSha256: string | undefined;
  beforeAll(async () => {
    for (const optimizer of ['sgd', 'adam'] as const) {
      const { end } = await collect({ ...runOf(optimizer), checkpointDir: scratch.newPath(), epochs: 1 });
      checkpoints[optimizer] = end.checkpoint!;
    }
    weightsSha256 = (await collect(runOf('sgd'))).end.weights_sha256;
  });

  it.each(casesOf(Object.keys(OTHER_VALUES) as (keyof Config)[], (_, number) => number % 2 === 0))(
    '%s: leaves the weights as they are, or is refused by name',
    async (name) => {
      const resume = checkpoints[['beta1', 'beta2', 'eps'].includes(name) ? 'adam' : 'sgd'];
      const given = { resume, epochs: 2, checkpointDir: scratch.newPath(), ...OTHER_VALUES[name]() };
      if (HARMLESS.includes(name)) {
        expect((await collect(given)).end.weights_sha256).toBe(weightsSha256);
        return;
      }
      const { message, status } = await refusalOf(() => collect(given));
      expect(message.split(/[ :]/)[0]).toBe(`--${flagOf(name)}`);
      expect(status).toBe(2);
    },
  );

  it('has a value here', () => {
    expect(Object.keys(OTHER_VALUES).sort()).toEqual(Object.keys(resolveOptions({})).sort());
  });
});

describe('epochs', () => {
  it('more of them need no permission', async () => {
    const { all } = await resumed(atEnd, { epochs: 3 });
    expect(all.map(({ event }) => event)).not.toContain('warning');
    expect(resultsOf(all)).toEqual(resultsAfter(undisturbed.all, { epochs: 2, step: 6 }));
  });

  it('as many as are done: the run is over at once, with its figures and weights', async () => {
    const first = await collect(options());
    const { all, end } = await resumed(atEnd);
    expect(all.map(({ event }) => event)).toEqual(['start', 'end']);
    expect(resultsOf([end])).toEqual(resultsOf([first.end]));
  });

  it.each([
    { name: 'the end of epoch 2', file: () => atEnd, epochs: 1 },
    { name: 'the middle of epoch 2', file: () => within, epochs: 1 },
    { name: 'the middle of epoch 2', file: () => within, epochs: 0 },
  ])('$epochs from $name is refused', async ({ file, epochs }) => {
    for (const resumeAnyway of [false, true]) {
      const { message, status } = await refused(file(), { epochs, resumeAnyway });
      expect(message).toMatch(/^--epochs \d: .* is already at step [46] \(epochs complete: [12]\); choose more/);
      expect(message).toContain(`--epochs ${epochs}: ${file()} `);
      expect(status).toBe(2);
    }
  });
});

describe('no epochs', () => {
  it('a checkpoint of the initial weights is evaluated again; a run that goes on from it has no figures yet', async () => {
    const checkpointDir = scratch.newPath();
    const first = await collect({ ...options(), epochs: 0, checkpointDir });
    expect(first.end.test_loss).toBeGreaterThan(0);
    const again = await collect({ resume: checkpointDir });
    expect(resultsOf(again.all)).toEqual(resultsOf(first.all));
    const { end } = await collect({ resume: checkpointDir, epochs: 2, signal: AbortSignal.abort() });
    expect(end).not.toHaveProperty('test_loss');
    const last = await collect({ resume: checkpointDir, epochs: 3 });
    expect(resultsOf(last.all)).toEqual(resultsOf(undisturbed.all));
  });
});

describe('data', () => {
  /** A copy of the part, each file as `change` has it. */
  function copyOfData(change: (bytes: Buffer, name: string) => { bytes: Buffer; name?: string }): string {
    const folder = scratch.newPath('data');
    mkdirSync(folder);
    for (const name of readdirSync(scratch.data).filter((each) => each.endsWith('-ubyte'))) {
      const { bytes, name: newName = name } = change(readFileSync(path.join(scratch.data, name)), name);
      writeFileSync(path.join(folder, newName), bytes);
    }
    return folder;
  }
  const changed = (file: string) =>
    copyOfData((bytes, name) => {
      if (name.startsWith(file)) bytes[bytes.length - 1]! ^= 1;
      return { bytes };
    });

  it('given by a path that is not there: the checkpoint is not blamed', async () => {
    const given = await refusalOf(() => collect({ resume: atEnd, epochs: 3, data: '/nowhere/digits' }));
    expect(given.message).toMatch(/\/nowhere\/digits/);
    expect(given.message).not.toContain(atEnd);
  });

  it('the same elsewhere are the same, gzipped or not', async () => {
    const copies = [
      copyOfData((bytes) => ({ bytes })),
      copyOfData((bytes, name) => ({ bytes: gzipSync(bytes), name: `${name}.gz` })),
    ];
    for (const data of copies) {
      const { all } = await resumed(within, { data, epochs: 3 });
      expect(resultsOf(all)).toEqual(resultsAfter(undisturbed.all, { epochs: 1, step: 4 }));
    }
  });

  it('other ones at the same path are refused, unless they are wanted', async () => {
    // A copy of the checkpoint's folder is not needed: the path is not what counts.
    const data = changed('train-images');
    for (const file of [atEnd, within]) {
      const { message, status } = await refused(file, { data });
      expect(message).toMatch(/^training data \(.*\): .* was written with other data/);
      expect(status).toBe(2);
    }
    expect((await refused(within, { data, resumeAnyway: true })).message).toContain('mid-epoch');
    const { all, end } = await resumed(atEnd, { data, epochs: 3, resumeAnyway: true });
    expect(all[1]).toMatchObject({ event: 'warning', code: 'resumed_anyway' });
    expect(end.status).toBe('completed');
  });

  it('other test data are refused, and may be asked for anywhere: the weights do not depend on them', async () => {
    const data = changed('t10k-labels');
    expect((await refused(within, { data })).message).toMatch(/^test data \(.*\): /);
    const { end } = await resumed(within, { data, epochs: 3, resumeAnyway: true });
    expect(end.weights_sha256).toBe(undisturbed.end.weights_sha256);
  });

  it('of another size are refused whatever is wanted', async () => {
    const data = copyOfData((bytes, name) => {
      if (!name.includes('images')) return { bytes };
      // 14 × 56 pixels are as many as 28 × 28: 14 × 28 are fewer.
      const count = bytes.readUInt32BE(4);
      const smaller = bytes.subarray(0, 16 + count * 14 * 28);
      smaller.writeUInt32BE(14, 8);
      return { bytes: smaller };
    });
    const { message } = await refused(atEnd, { data, resumeAnyway: true });
    expect(message).toContain('the network has the layers 784-7-5-10, but the data requires 392-7-5-10');
  });
});

describe('a kernel that this machine does not have', () => {
  const canShow = chooseKernel('auto').name === 'simd' && process.versions.node.startsWith('20.');
  it.skipIf(!canShow)(
    'is named, and so is the way out (skipped but by Node 20, whose flag makes two machines of one)',
    async () => {
      const checkpointDir = scratch.newPath();
      const small = ['--data', scratch.data, '--hidden', '5', '--epochs', '1', '--batch-size', '20', '--threads', '2'];
      const flag = '--experimental-wasm-relaxed-simd';
      const first = await runTrain([...small, '--checkpoint-dir', checkpointDir], {}, [flag]);
      expect(first).toMatchObject({ status: 0, stderr: '' });
      expect(first.stdout).toContain('"kernel":"simd-fma"');

      const { message, status } = await refusalOf(() => collect({ resume: checkpointDir, epochs: 2 }));
      expect(message).toMatch(/was written with kernel simd-fma: Node 20.* has no WebAssembly relaxed SIMD/);
      expect(message).toContain('--kernel and --resume-anyway');
      expect(status).toBe(1);
      const auto = await refusalOf(() => collect({ resume: checkpointDir, epochs: 2, kernel: 'auto' }));
      expect(auto.message).toContain('with kernel simd-fma');

      const { all, end } = await collect({ resume: checkpointDir, epochs: 2, kernel: 'simd', resumeAnyway: true });
      expect(all[1]).toMatchObject({ event: 'warning', code: 'resumed_anyway' });
      expect(end.status).toBe('completed');
    },
  );
});
