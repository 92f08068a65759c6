/** Whom Lockstep is compared with: the programs in bench/peers, what each is, and how it is started. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { succeeds } from './cores.js';
import { type PeerData, temporaryFolder } from './peer-data.js';
import { runProgram } from './peer-run.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const programs = path.join(root, 'bench/peers');

export interface PeerJob {
  readonly data: PeerData;
  readonly threads: number;
  readonly epochs: number;
  /** Train on the first so many only. */
  readonly samples: number;
}

export interface Peer {
  readonly name: string;
  /** Undefined where an epoch takes minutes: then a part of one is timed, these first samples, and extrapolated. */
  readonly part: number | undefined;
  /** How its job differs from the reference's; its loss is another then, and is not compared. */
  readonly otherJob: string | undefined;
  readonly command: (job: PeerJob) => readonly [string, ...string[]];
}

interface Listed {
  readonly name: string;
  /** A file in bench/peers. */
  readonly program: string;
  readonly backend?: string;
  /** Chosen for 10 to 20 s. A multiple of the batch. */
  readonly part?: number;
  readonly otherJob?: string;
}

/** By the name that --peers takes. */
const LIST: Readonly<Record<string, Listed>> = {
  pytorch: { name: 'PyTorch, nn.Linear and SGD', program: 'pytorch_linear.py' },
  'pytorch-tensors': { name: 'PyTorch, tensors by hand', program: 'pytorch_tensors.py' },
  openblas: { name: 'C, OpenBLAS', program: 'openblas.c' },
  numpy: { name: 'NumPy, whole batches', program: 'numpy_batches.py' },
  'numpy-samples': { name: 'NumPy, sample by sample', program: 'numpy_samples.py', part: 6_000 },
  jax: { name: 'jax-js', program: 'jax.mjs' },
  'tfjs-node': { name: 'TensorFlow.js, node', program: 'tensorflow.mjs', backend: 'node' },
  'tfjs-wasm': { name: 'TensorFlow.js, wasm', program: 'tensorflow.mjs', backend: 'wasm', part: 10_000 },
  'tfjs-cpu': { name: 'TensorFlow.js, cpu', program: 'tensorflow.mjs', backend: 'cpu', part: 3_000 },
  convnetjs: { name: 'ConvNetJS', program: 'convnetjs.mjs', part: 2_000 },
  'js-pytorch': { name: 'js-pytorch', program: 'js-pytorch.mjs', part: 1_000 },
  'ml-fnn': { name: 'ml-fnn', program: 'ml-fnn.mjs', part: 2_000, otherJob: 'tanh, weights not below zero' },
  brain: { name: 'brain.js', program: 'brain.mjs', part: 1_000, otherJob: 'a step a sample, squared error' },
  // A step of its costs nearly a second, and the first one half a minute more, in which it writes itself a program.
  synaptic: { name: 'synaptic', program: 'synaptic.mjs', part: 4, otherJob: 'a step a sample, squared error' },
};

export const PEER_NAMES = Object.keys(LIST);
/** Those that need seconds for an epoch, and minutes for none. */
export const QUICK_PEERS = PEER_NAMES.filter((key) => LIST[key]!.part === undefined);

export interface Found {
  readonly present: readonly Peer[];
  readonly missing: readonly { readonly name: string; readonly why: string }[];
}

/** Lockstep on one Node. */
export function lockstep(node: string): Peer {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  const command = ({ data, threads, epochs, samples }: PeerJob) =>
    [
      [node, path.join(root, 'dist/bin/train.js'), '--format', 'ndjson'],
      ['--data', data.source, '--limit', `${samples}`, '--lr', `${data.rate}`],
      ['--threads', `${threads}`, '--epochs', `${epochs}`],
    ].flat() as [string, ...string[]];
  return { name: `Lockstep, Node ${version}`, part: undefined, otherJob: undefined, command };
}

/**
 * Tries each: a run without epochs, which reads the data and builds the network.
 *
 * @param node  runs the npm peers
 */
export async function findPeers(keys: readonly string[], node: string, data: PeerData): Promise<Found> {
  const present: Peer[] = [];
  const missing: { name: string; why: string }[] = [];
  for (const key of keys) {
    const { name, program, backend, part, otherJob } = LIST[key]!;
    try {
      const start = starter(program, node);
      const command = ({ data, threads, epochs, samples }: PeerJob) =>
        [
          start,
          [data.folder, `${threads}`, `${epochs}`, `${data.rate}`, `${samples}`],
          backend === undefined ? [] : [backend],
        ].flat() as [string, ...string[]];
      await runProgram(command({ data, threads: 1, epochs: 0, samples: 100 }), 1);
      present.push({ name, part, otherJob, command });
    } catch (error) {
      missing.push({ name, why: `${error instanceof Error ? error.message : error}${HINTS[path.extname(program)]}` });
    }
  }
  return { present, missing };
}

const HINTS: Readonly<Record<string, string>> = {
  '.py': ' (set PYTHON to one with bench/peers/requirements.txt)',
  '.mjs': ' (npm ci --ignore-scripts in bench/peers)',
  '.c': '',
};

function starter(program: string, node: string): string[] {
  const file = path.join(programs, program);
  if (program.endsWith('.py')) return [process.env.PYTHON ?? 'python3', file];
  if (program.endsWith('.mjs')) return [node, file];
  const binary = path.join(temporaryFolder(), path.basename(program, '.c'));
  if (succeeds('cc', ['-O3', '-march=native', file, '-o', binary, '-lopenblas', '-lm'])) return [binary];
  throw new Error('cc cannot build it: install a compiler and libopenblas-openmp-dev');
}
