/** The trainers that Lockstep is compared with: the programs in bench/peers, and how each is started. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { succeeds } from './cores.js';
import { type PeerData, temporaryFolder } from './peer-data.js';
import { compilerTarget, type Isa, isaEnvironment } from './peer-isa.js';
import { runProgram } from './peer-run.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const programs = path.join(root, 'bench/peers');

export interface PeerJob {
  readonly data: PeerData;
  readonly threads: number;
  readonly epochs: number;
  /** Number of samples to train on, from the first. */
  readonly samples: number;
}

export interface Peer {
  readonly name: string;
  /** Number of samples to train on if an epoch takes long; the time is extrapolated. Undefined: all. */
  readonly part: number | undefined;
  /** How its job differs from the reference's. Its losses are then not checked. Undefined: it runs the same job. */
  readonly otherJob: string | undefined;
  /** In addition to this process's environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly command: (job: PeerJob) => readonly [string, ...string[]];
}

interface Listed {
  readonly name: string;
  /** A file or, for Rust, a folder in bench/peers. */
  readonly program: string;
  readonly backend?: string;
  /** Chosen for 10 to 20 s on images. */
  readonly part?: number;
  /** Only for the network of the reference, 784-1000-10. */
  readonly imagesOnly?: true;
  readonly otherJob?: string | ((data: PeerData) => string | undefined);
}

/** By the name that --peers takes. */
const LIST: Readonly<Record<string, Listed>> = {
  pytorch: { name: 'PyTorch, nn.Linear and SGD', program: 'pytorch_linear.py' },
  'pytorch-tensors': { name: 'PyTorch, hand-written tensor operations', program: 'pytorch_tensors.py' },
  jax: { name: 'JAX, epoch compiled', program: 'jax_scan.py' },
  'jax-step': { name: 'JAX, step compiled', program: 'jax_step.py' },
  tensorflow: { name: 'TensorFlow, epoch compiled', program: 'tensorflow_function.py' },
  keras: { name: 'Keras, step compiled', program: 'keras_fit.py' },
  openblas: { name: 'C, OpenBLAS', program: 'openblas.c', imagesOnly: true },
  numpy: { name: 'NumPy, whole batches', program: 'numpy_batches.py' },
  sklearn: {
    name: 'scikit-learn, MLPClassifier',
    program: 'sklearn_mlp.py',
    otherJob: ({ widths }) => (widths.at(-1) === 2 ? 'one logistic output instead of two softmax outputs' : undefined),
  },
  'jax-js': { name: 'jax-js', program: 'jax-js.mjs', imagesOnly: true },
  'tfjs-node': { name: 'TensorFlow.js, node', program: 'tensorflow.mjs', backend: 'node', imagesOnly: true },
  // Not among the quick trainers, also because its program takes minutes to build.
  candle: { name: 'candle', program: 'candle', part: 20_000 },
  tinygrad: { name: 'tinygrad', program: 'tinygrad_jit.py', part: 20_000 },
  'numpy-samples': { name: 'NumPy, sample by sample', program: 'numpy_samples.py', part: 6_000, imagesOnly: true },
  'tfjs-wasm': {
    name: 'TensorFlow.js, wasm',
    program: 'tensorflow.mjs',
    backend: 'wasm',
    part: 10_000,
    imagesOnly: true,
  },
  'tfjs-cpu': { name: 'TensorFlow.js, cpu', program: 'tensorflow.mjs', backend: 'cpu', part: 3_000, imagesOnly: true },
  convnetjs: { name: 'ConvNetJS', program: 'convnetjs.mjs', part: 2_000, imagesOnly: true },
  'js-pytorch': { name: 'js-pytorch', program: 'js-pytorch.mjs', part: 1_000, imagesOnly: true },
  'ml-fnn': {
    name: 'ml-fnn',
    program: 'ml-fnn.mjs',
    part: 2_000,
    imagesOnly: true,
    otherJob: 'tanh, no negative initial weights',
  },
  brain: {
    name: 'brain.js',
    program: 'brain.mjs',
    part: 1_000,
    imagesOnly: true,
    otherJob: 'a step for each sample, squared error',
  },
  synaptic: {
    name: 'synaptic',
    program: 'synaptic.mjs',
    // A step takes nearly a second. The first step takes half a minute more, because synaptic generates code.
    part: 4,
    imagesOnly: true,
    otherJob: 'a step for each sample, squared error',
  },
};

export const PEER_NAMES = Object.keys(LIST);
/** Those that are measured on whole epochs. */
export const QUICK_PEERS = PEER_NAMES.filter((key) => LIST[key]!.part === undefined);

export interface Found {
  readonly present: readonly Peer[];
  readonly missing: readonly { readonly name: string; readonly why: string }[];
}

export interface LockstepForm {
  /** Folder of another checkout, built. Undefined: this one. */
  readonly checkout?: string;
  /** Leave the number of threads to Lockstep. */
  readonly defaultThreads?: boolean;
}

/**
 * Lockstep on one Node.js.
 *
 * @throws Error if the other checkout is not built
 */
export function lockstep(node: string, { checkout, defaultThreads = false }: LockstepForm = {}): Peer {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  const command = ({ data, threads, epochs, samples }: PeerJob) =>
    [
      [node, trainCommandOf(checkout ?? root), '--format', 'ndjson'],
      [...data.lockstepOptions, '--limit', `${samples}`, '--epochs', `${epochs}`],
      // All options are stated, because defaults depend on the kind of data and may differ between checkouts.
      ['--hidden', data.widths.slice(1, -1).join(','), '--batch-size', `${data.batch}`],
      ['--optimizer', 'sgd', '--reduction', 'sum', '--weight-decay', '0', '--lr', `${data.rate}`],
      defaultThreads ? [] : ['--threads', `${threads}`],
    ].flat() as [string, ...string[]];
  const name = [
    checkout === undefined ? 'Lockstep' : `Lockstep ${revisionOf(checkout)}`,
    `Node ${version}`,
    ...(defaultThreads ? ['default threads'] : []),
  ].join(', ');
  return { name, part: undefined, otherJob: undefined, environment: {}, command };
}

function trainCommandOf(checkout: string): string {
  // Older ones have no bundle.
  const files = ['dist/bundle/train.js', 'dist/bin/train.js'].map((file) => path.resolve(checkout, file));
  const built = files.find((file) => existsSync(file));
  if (built === undefined) throw new Error(`${files[0]} does not exist: build that checkout first`);
  return built;
}

/** The commit, marked if files have changed since; the folder's name where there is no repository. */
function revisionOf(checkout: string): string {
  trainCommandOf(checkout);
  // Only if the checkout itself is the repository, not a folder above it.
  if (existsSync(path.join(checkout, '.git'))) {
    const arguments_ = ['-C', checkout, 'describe', '--always', '--dirty'];
    const { status, stdout } = spawnSync('git', arguments_, { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  return path.basename(path.resolve(checkout));
}

/**
 * Tries each: a run without epochs, which reads the data and builds the network.
 *
 * @param node  runs the npm packages
 */
export async function findPeers(
  keys: readonly string[],
  node: string,
  data: PeerData,
  isa: Isa = 'native',
): Promise<Found> {
  const present: Peer[] = [];
  const missing: { name: string; why: string }[] = [];
  for (const key of keys) {
    const { name, imagesOnly, program } = LIST[key]!;
    if (imagesOnly && data.kind !== 'images') {
      missing.push({ name, why: 'its program is written for images' });
      continue;
    }
    try {
      const peer = peerOf(LIST[key]!, starter(program, node, isa), data, isa);
      const trial = peer.command({ data, threads: 1, epochs: 0, samples: data.batch });
      await runProgram(trial, 1, peer.environment);
      present.push(peer);
    } catch (error) {
      const hint = HINTS[path.extname(program)] ?? '';
      missing.push({ name, why: `${error instanceof Error ? error.message : error}${hint}` });
    }
  }
  return { present, missing };
}

function peerOf({ name, backend, part, otherJob }: Listed, start: string[], data: PeerData, isa: Isa): Peer {
  const different = typeof otherJob === 'function' ? otherJob(data) : otherJob;
  return {
    name,
    part: part === undefined ? undefined : partOf(part, data, different === undefined),
    otherJob: different,
    environment: isaEnvironment(isa),
    command: ({ data, threads, epochs, samples }) =>
      [
        start,
        [data.folder, `${threads}`, `${epochs}`, `${data.rate}`, `${samples}`],
        [`${data.batch}`, data.widths.join('-')],
        backend === undefined ? [] : [backend],
      ].flat() as [string, ...string[]],
  };
}

/** In whole batches, unless the trainer has none; undefined for all samples. */
function partOf(part: number, { samples, batch }: PeerData, inBatches: boolean): number | undefined {
  const rounded = inBatches ? Math.ceil(part / batch) * batch : part;
  return rounded < samples ? rounded : undefined;
}

const HINTS: Readonly<Record<string, string>> = {
  '.py': ' (set PYTHON to an interpreter with bench/peers/requirements.txt)',
  '.mjs': ' (npm ci --ignore-scripts in bench/peers)',
};

function starter(program: string, node: string, isa: Isa): string[] {
  const file = path.join(programs, program);
  switch (path.extname(program)) {
    case '.py':
      return [process.env.PYTHON ?? 'python3', file];
    case '.mjs':
      return [node, file];
    case '.c':
      return [buildC(file, isa)];
    default:
      return [buildRust(file, isa)];
  }
}

function buildC(file: string, isa: Isa): string {
  const binary = path.join(temporaryFolder(), path.basename(file, '.c'));
  const target = `-march=${compilerTarget(isa)}`;
  if (succeeds('cc', ['-O3', target, file, '-o', binary, '-lopenblas', '-lm'])) return binary;
  throw new Error('cc cannot build it: install a compiler and libopenblas-openmp-dev');
}

/** Takes minutes the first time. What is built stays in the crate's folder, apart for each instruction set. */
function buildRust(crate: string, isa: Isa): string {
  const target = path.join(crate, 'target', isa);
  const binary = path.join(target, 'release', `${path.basename(crate)}-peer`);
  if (!existsSync(binary)) console.error(`building ${crate}; this takes some minutes`);
  const features = isa === 'native' ? ['--features', 'avx512'] : [];
  const { status, stderr, error } = spawnSync(
    'cargo',
    ['build', '--quiet', '--release', ...features, '--target-dir', target],
    {
      cwd: crate,
      env: { ...process.env, RUSTFLAGS: `-C target-cpu=${compilerTarget(isa)}` },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    },
  );
  if (error !== undefined) throw new Error(`cargo cannot be started (${error.message})`);
  if (status === 0) return binary;
  throw new Error(`cargo cannot build it: ${stderr.split('\n').find((line) => line.startsWith('error')) ?? status}`);
}
