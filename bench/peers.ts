/**
 * Who trains the reference's job how fast? Lockstep and its peers on the same cores, turn by turn.
 *
 *   node dist/bench/peers.js [--threads 1,2] [--rounds 5] [--epochs 3] [--nodes node,/path/to/another/node] [--json]
 *
 * A round runs every peer once, one after another; a run's first epoch warms up, and its figure is the median of the
 * others. Shown are the median over the rounds, the spread, and how many times as long as Lockstep (on the first Node) it
 * takes, round by round. Every peer must reach the reference's losses. One that cannot run here is listed with the
 * reason. All keep the data in memory; loading is not counted.
 *
 * Peers: PyTorch (PYTHON=/path/to/python with torch and numpy, default python3) and C over OpenBLAS (cc and an OpenMP
 * build of libopenblas; where it takes the processor for an old one, set OPENBLAS_CORETYPE).
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { findSource } from '../src/data/sources.js';
import { median, spread } from './support/statistics.js';

const run = promisify(execFile);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const peers = path.join(root, 'bench/peers');
const mnist = findSource('mnist').folder;

/** Losses of epochs 1, 2, … that the same job must reach, within 0.02. */
const REFERENCE_LOSSES = [0.487, 0.252, 0.195, 0.159, 0.134];

interface EpochLine {
  readonly train_loss: number;
  readonly seconds: number;
}

interface Peer {
  readonly name: string;
  /** Program and arguments for a run. */
  readonly command: (threads: number, epochs: number) => readonly [string, ...string[]];
}

interface Options {
  readonly threads: string;
  readonly rounds: string;
  readonly epochs: string;
  readonly nodes: string;
  readonly json: boolean;
}

const options = new Command('peers')
  .option('--threads <list>', 'numbers of threads', '1,2')
  .option('--rounds <n>', 'runs of each peer', '5')
  .option('--epochs <n>', 'epochs a run, the first of which warms up', '3')
  .option('--nodes <list>', 'Nodes to run Lockstep on', process.execPath)
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

const { present, missing } = findPeers(options.nodes.split(','));
for (const { name, why } of missing) report({ peer: name, missing: why }, `${name}: cannot run here: ${why}`);
for (const threads of options.threads.split(',').map(Number)) await compare(threads);

async function compare(threads: number): Promise<void> {
  const seconds = new Map<Peer, number[]>(present.map((peer) => [peer, []]));
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const peer of present) seconds.get(peer)!.push(await timeEpoch(peer, threads, Number(options.epochs)));
  }
  const own = seconds.get(present[0]!)!;
  for (const [{ name }, times] of seconds) {
    const ratios = times.map((time, round) => time / own[round]!);
    const figures = { peer: name, threads, seconds: median(times), ...spread(times), times_lockstep: median(ratios) };
    report(
      figures,
      `${threads} thread${threads === 1 ? '' : 's'}  ${name.padEnd(28)} ${median(times).toFixed(3)} s an epoch ` +
        `(${spread(times).min.toFixed(3)} to ${spread(times).max.toFixed(3)}), ${median(ratios).toFixed(2)} × Lockstep's time`,
    );
  }
}

/** Seconds of a warm epoch. */
async function timeEpoch(peer: Peer, threads: number, epochs: number): Promise<number> {
  const [program, ...args] = pinned(peer.command(threads, epochs), threads);
  const { stdout } = await run(program, args, { env: { ...process.env, OMP_NUM_THREADS: String(threads) } });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Partial<EpochLine> & { event?: string })
    .filter(({ event = 'epoch' }) => event === 'epoch');
  for (const [epoch, expected] of REFERENCE_LOSSES.slice(0, epochs).entries()) {
    const loss = lines[epoch]?.train_loss ?? Number.NaN;
    if (!(Math.abs(loss - expected) < 0.02))
      throw new Error(`${peer.name}: loss ${loss} after epoch ${epoch + 1}, not ${expected}`);
  }
  return median(lines.slice(1).map((line) => line.seconds!));
}

/** The same cores for all, where the system can pin. */
function pinned(command: readonly [string, ...string[]], threads: number): readonly [string, ...string[]] {
  return succeeds('taskset', ['--version']) ? ['taskset', '-c', `0-${threads - 1}`, ...command] : command;
}

function findPeers(nodes: readonly string[]) {
  const present: Peer[] = nodes.map((node) => {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    const train = path.join(root, 'dist/bin/train.js');
    const args = (threads: number, epochs: number) => [
      '--threads',
      `${threads}`,
      '--epochs',
      `${epochs}`,
      '--format',
      'ndjson',
    ];
    return { name: `Lockstep, Node ${version}`, command: (threads, epochs) => [node, train, ...args(threads, epochs)] };
  });
  const missing: { readonly name: string; readonly why: string }[] = [];

  const python = process.env.PYTHON ?? 'python3';
  if (succeeds(python, ['-c', 'import torch, numpy'])) {
    const script = path.join(peers, 'pytorch.py');
    present.push({
      name: 'PyTorch, nn.Linear and SGD',
      command: (threads, epochs) => [python, script, mnist, `${threads}`, `${epochs}`],
    });
  } else {
    missing.push({ name: 'PyTorch', why: `${python} cannot import torch and numpy; set PYTHON` });
  }

  const binary = path.join(mkdtempSync(path.join(tmpdir(), 'lockstep-peers-')), 'openblas');
  const source = path.join(peers, 'openblas.c');
  if (succeeds('cc', ['-O3', '-march=native', source, '-o', binary, '-lopenblas', '-lm'])) {
    present.push({
      name: 'C, OpenBLAS',
      command: (threads, epochs) => [binary, mnist, `${threads}`, `${epochs}`],
    });
  } else {
    missing.push({ name: 'C, OpenBLAS', why: 'cc cannot build it; install a compiler and libopenblas-openmp-dev' });
  }
  return { present, missing };
}

function succeeds(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function report(figures: object, text: string): void {
  console.log(options.json ? JSON.stringify(figures) : text);
}
