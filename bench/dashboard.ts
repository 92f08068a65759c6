/**
 * What does the live page cost a run? The same job without it, and with it and a client that reads its whole event stream.
 *
 *   node dist/bench/dashboard.js [--threads 2] [--epochs 10] [--pairs 10] [--explain] [--json]
 *
 * With --explain, the client also asks what the section "See it think" asks when it is open, after each epoch.
 *
 * Runs come in pairs, each run in a process of its own, and every other pair in the opposite order, so that a machine that
 * slows down or recovers favors neither. The client is a process of its own, too, as a browser is; what it takes to draw is no part of this.
 * × is the time of a pair's run with the page as a multiple of the other's: the median over the pairs, and the spread. × CPU is the
 * same of the processor time of the run's process (all its threads, without the client), which other programs disturb less.
 * "main" is by how many milliseconds of processor time an epoch the main thread works more with the page (on Linux only).
 * Seconds an epoch are of the wall, from the data's being in place to the run's end, evaluation included.
 */
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { Dashboard } from '../src/dashboard/index.js';
import { train } from '../src/run/train.js';
import { atExit } from './support/exit.js';
import { wholeFrom } from './support/options.js';
import { median, spread } from './support/statistics.js';
import { type Column, heading, row } from './support/table.js';

interface Options {
  readonly threads: number;
  readonly epochs: number;
  readonly pairs: number;
  readonly explain: boolean;
  readonly json: boolean;
}

/** What a process of its own is told: to read a stream until it ends, or to train. */
type Order =
  | { readonly read: string; readonly explain: boolean }
  | {
      readonly train: { readonly threads: number; readonly epochs: number };
      readonly withPage: boolean;
      readonly explain: boolean;
    };

interface Measured {
  readonly secondsAnEpoch: number;
  readonly cpuSecondsAnEpoch: number;
  /** The main thread's; NaN where the system does not say. */
  readonly mainSecondsAnEpoch: number;
  readonly weightsSha256: string;
}

const SELF = fileURLToPath(import.meta.url);

if (process.send) {
  process.once('message', (order: Order) => {
    if ('read' in order) read(order.read, order.explain);
    else void measure(order).then((measured) => process.send!(measured, () => process.disconnect()));
  });
} else await compare();

async function compare(): Promise<void> {
  const options = new Command('dashboard')
    .description('What does the live page cost a run?')
    .option('--threads <n>', 'as of train', wholeFrom(1), 2)
    .option('--epochs <n>', 'epochs a run', wholeFrom(1), 10)
    .option('--pairs <n>', 'pairs of runs', wholeFrom(1), 10)
    .option('--explain', 'ask for a sample and a unit after each epoch', false)
    .option('--json', 'NDJSON', false)
    .parse()
    .opts<Options>();
  const { threads, epochs, pairs, explain, json } = options;
  const columns: Column[] = [
    { title: 'pair', width: 8 },
    { title: 'without, s/epoch', width: 16 },
    { title: 'with, s/epoch', width: 16 },
    { title: '×', width: 7 },
    { title: '× CPU', width: 7 },
    { title: 'main, ms', width: 8 },
  ];
  if (!json) console.log(heading(columns));
  const ratios: number[] = [];
  const cpuRatios: number[] = [];
  const ofMain: number[] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    const both = new Map<boolean, Measured>();
    for (const withPage of pair % 2 === 0 ? [true, false] : [false, true]) {
      both.set(withPage, await runApart({ train: { threads, epochs }, withPage, explain }));
    }
    const [without, with_] = [both.get(false)!, both.get(true)!];
    if (without.weightsSha256 !== with_.weightsSha256) throw new Error('the page has changed the weights');
    const ratio = with_.secondsAnEpoch / without.secondsAnEpoch;
    const cpuRatio = with_.cpuSecondsAnEpoch / without.cpuSecondsAnEpoch;
    const mainMs = 1000 * (with_.mainSecondsAnEpoch - without.mainSecondsAnEpoch);
    ratios.push(ratio);
    cpuRatios.push(cpuRatio);
    ofMain.push(mainMs);
    const figures = [without.secondsAnEpoch, with_.secondsAnEpoch] as const;
    if (json) {
      console.log(
        JSON.stringify({
          ...{ pair, threads, without_epoch_seconds: figures[0], with_epoch_seconds: figures[1], ratio },
          ...{ cpu_ratio: cpuRatio, main_ms: mainMs },
        }),
      );
    } else {
      const ratiosOfPair = [ratio, cpuRatio].map((each) => each.toFixed(4));
      console.log(
        row(columns, [String(pair), ...figures.map((each) => each.toFixed(4)), ...ratiosOfPair, mainMs.toFixed(1)]),
      );
    }
  }
  const [wall, cpu] = [ratios, cpuRatios].map((some) => ({ ...spread(some), median: median(some) }));
  if (json) {
    console.log(
      JSON.stringify({
        ...{ pairs, threads, ratio: wall!.median, ratio_min: wall!.min, ratio_max: wall!.max },
        ...{ cpu_ratio: cpu!.median, cpu_ratio_min: cpu!.min, cpu_ratio_max: cpu!.max, main_ms: median(ofMain) },
      }),
    );
    return;
  }
  for (const [name, { median: middle, min, max }] of [
    ['×', wall!],
    ['× CPU', cpu!],
  ] as const) {
    console.log(`median ${name} ${middle.toFixed(4)}, from ${min.toFixed(4)} to ${max.toFixed(4)}`);
  }
  console.log(`median main thread ${median(ofMain).toFixed(1)} ms an epoch`);
}

async function runApart(order: Order): Promise<Measured> {
  const child = fork(SELF, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const forget = atExit(() => child.kill());
  child.send(order);
  try {
    return await new Promise<Measured>((resolve, reject) => {
      child.on('message', resolve);
      child.on('error', reject);
      child.on('exit', (status) => reject(new Error(`a run ended with status ${status}`)));
    });
  } finally {
    forget();
  }
}

async function measure(order: Exclude<Order, { read: string }>): Promise<Measured> {
  const dashboard = order.withPage ? await Dashboard.open(0) : undefined;
  const client = dashboard && fork(SELF, { stdio: 'inherit' });
  client?.send({ read: dashboard!.url, explain: order.explain } satisfies Order);
  let startedAt = 0;
  let cpuBefore = process.cpuUsage();
  let mainBefore = mainSeconds();
  let measured: Measured | undefined;
  for await (const event of train({ ...order.train, ...dashboard?.controls })) {
    dashboard?.show(event);
    if (event.event === 'start') {
      startedAt = performance.now();
      cpuBefore = process.cpuUsage();
      mainBefore = mainSeconds();
    }
    if (event.event !== 'end') continue;
    const seconds = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    const { epochs } = order.train;
    measured = {
      secondsAnEpoch: seconds / epochs,
      cpuSecondsAnEpoch: (user + system) / 1e6 / epochs,
      mainSecondsAnEpoch: (mainSeconds() - mainBefore) / epochs,
      weightsSha256: event.weights_sha256!,
    };
  }
  await dashboard?.close();
  client?.kill();
  return measured!;
}

/** Processor time of the main thread so far. */
function mainSeconds(): number {
  try {
    const [nanoseconds = ''] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1e9;
  } catch {
    return Number.NaN;
  }
}

/** As fast as it comes, until it ends. */
function read(url: string, explain: boolean): void {
  request(new URL('/events', url), (response) => {
    response.on('data', (chunk: Buffer) => {
      if (explain && chunk.includes('event: epochs')) askAll(url);
    });
    response.on('end', () => process.disconnect());
  }).end();
}

/** As the page does for a sample and a unit. */
function askAll(url: string): void {
  const sample = { split: 'test', index: 8 };
  for (const question of [
    { ask: 'passes', sample },
    { ask: 'unit', layer: 0, unit: 5, sample },
  ]) {
    const headers = { 'content-type': 'application/json' };
    const asked = request(new URL('/explain', url), { method: 'POST', headers }, (answer) => answer.resume());
    asked.on('error', () => undefined);
    asked.end(JSON.stringify(question));
  }
}
