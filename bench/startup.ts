/**
 * How long from the command to the first training step, and where does the time go?
 *
 *   node dist/bench/startup.js [--threads 2] [--rounds 7] [--nodes node,/path/to/another/node] [--json]
 *
 * For each Node: the command itself (`train`, MNIST), to the end of its first step as the step's own event tells it; then
 * the same parts in the same order in a process that marks the time after each (bench/support/startup-parts.ts). Where
 * PYTHON names a python with torch, PyTorch's start beside it (bench/peers/startup.py). Every run is a fresh process;
 * rounds take turns; shown are medians and spreads in ms. The files are in the system's cache: the first round, which
 * brings them there, does not count. (A start of `train` goes on for an epoch, which is not shown.)
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { findIdxFolder } from '../src/data/sources.js';
import type { StartEvent, StepEvent } from '../src/metrics/events.js';
import { succeeds } from './support/cores.js';
import { wholeFrom } from './support/options.js';
import { onCores } from './support/peer-run.js';
import { median, spread } from './support/statistics.js';

interface Options {
  readonly threads: number;
  readonly rounds: number;
  readonly nodes: string;
  readonly json: boolean;
}

/** A program's start: milliseconds of each part, in order; the last is the sum. */
type Parts = ReadonlyMap<string, number>;

interface Starter {
  readonly name: string;
  readonly start: () => Parts;
}

const options = new Command('startup')
  .option('--threads <n>', 'as of train', wholeFrom(1), 2)
  .option('--rounds <n>', 'starts of each', wholeFrom(1), 7)
  .option('--nodes <list>', 'Nodes to start', process.execPath)
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();
const { threads, rounds } = options;

const TOTAL = 'command to first step';
const TRAIN = ['--data', 'mnist', '--threads', `${threads}`, '--epochs', '1'];

const starters = [...options.nodes.split(',').flatMap(ofNode), ...ofPyTorch()];
const runs = new Map<Starter, Parts[]>(starters.map((starter) => [starter, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [starter, ofStarter] of runs) {
    const parts = starter.start();
    if (round > 0) ofStarter.push(parts);
  }
}
for (const [{ name }, ofStarter] of runs) reportParts(name, ofStarter);

function ofNode(node: string): Starter[] {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  return [
    { name: `train, Node ${version}`, start: () => startOfCommand(node) },
    {
      name: `its parts, Node ${version}`,
      start: () => startOfMarked([node, script('../bundle/startup-parts.js'), ...TRAIN]),
    },
  ];
}

function ofPyTorch(): Starter[] {
  const python = process.env.PYTHON;
  if (python === undefined) return [];
  if (!succeeds(python, ['-c', 'import torch, numpy'])) {
    const missing = `${python} cannot import torch and numpy`;
    console.log(
      options.json ? JSON.stringify({ program: 'PyTorch', missing }) : `PyTorch: cannot run here: ${missing}`,
    );
    return [];
  }
  // (The last five: no epochs are run, the rate, all samples, the batch size, the network.)
  const job = [findIdxFolder('mnist').folder, `${threads}`, '0', '0.001', '60000', '100', '784-1000-10'];
  const program = script('../../bench/peers/startup.py');
  return [{ name: 'PyTorch, nn.Linear and SGD', start: () => startOfMarked([python, program, ...job]) }];
}

/** What the events tell: when `train` was called, and when its first step ended. */
function startOfCommand(node: string): Parts {
  const { spawned, lines } = run([
    node,
    script('../bundle/train.js'),
    ...TRAIN,
    '--log-every',
    '1',
    '--format',
    'ndjson',
  ]);
  const { time } = lines[0] as StartEvent;
  const { seconds } = lines[1] as StepEvent;
  const called = Date.parse(time) - spawned;
  return new Map([
    ['node, imports, options', called],
    ['train() to first step', seconds * 1000],
    [TOTAL, called + seconds * 1000],
  ]);
}

function startOfMarked(command: readonly [string, ...string[]]): Parts {
  const { spawned, lines } = run(command);
  const { marks } = lines.at(-1) as { readonly marks: readonly (readonly [string, number])[] };
  const parts = new Map<string, number>();
  let last = spawned;
  for (const [part, at] of marks) {
    parts.set(part, at - last);
    last = at;
  }
  return parts.set(TOTAL, last - spawned);
}

/** Runs to the end, and says when it began (ms, Unix) and what it printed. */
function run(command: readonly [string, ...string[]]): {
  readonly spawned: number;
  readonly lines: readonly unknown[];
} {
  const [program = '', ...args] = onCores(command, threads);
  const spawned = performance.timeOrigin + performance.now();
  const stdout = execFileSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: `${threads}` },
  });
  return {
    spawned,
    lines: stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  };
}

function script(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

function reportParts(program: string, ofProgram: readonly Parts[]): void {
  if (!options.json) console.log(`\n${program}, ${threads} threads`);
  for (const part of ofProgram[0]!.keys()) {
    const times = ofProgram.map((parts) => parts.get(part)!);
    const { min, max } = spread(times);
    const milliseconds = median(times);
    console.log(
      options.json
        ? JSON.stringify({ program, threads, part, milliseconds, min, max })
        : `${part.padEnd(28)} ${milliseconds.toFixed(0).padStart(6)} ms  (${min.toFixed(0)} to ${max.toFixed(0)})`,
    );
  }
}
