/**
 * How busy does a cross-validation keep the cores? The whole command, from its start to its end.
 *
 *   node dist/bench/cv.js [--folds 10] [--rows 2000] [--epochs 100] [--rounds 5] [--json]
 *
 * Two tables: Fisher's irises with the default options, and one of --rows rows, 28 numbers and two classes. `busy` is the
 * processor time of the process, user and system, divided by the time that it took and the number of cores; `fold` is the sum of
 * the folds' own times, divided in the same way. The rest, up to 1, is the start of the process, and cores that are idle while the last
 * fold trains. All figures are medians of --rounds.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { CvEvent } from '../src/metrics/cv-events.js';
import { atExit } from './support/exit.js';
import { wholeFrom } from './support/options.js';
import { median, spread } from './support/statistics.js';
import { type Column, heading, row } from './support/table.js';
import { writeTableData } from './support/table-data.js';

interface Options {
  readonly folds: number;
  readonly rows: number;
  readonly epochs: number;
  readonly rounds: number;
  readonly json: boolean;
}

const options = new Command('cv')
  .description('How busy does a cross-validation keep the cores?')
  .option('--folds <k>', 'as of cv', wholeFrom(2), 10)
  .option('--rows <n>', 'rows of the second table', wholeFrom(100), 2000)
  .option('--epochs <n>', 'epochs of its networks', wholeFrom(1), 100)
  .option('--rounds <n>', 'runs of each', wholeFrom(1), 5)
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

const CORES = availableParallelism();
const LOCKSTEP = fileURLToPath(new URL('../bundle/lockstep.js', import.meta.url));
const IRIS = fileURLToPath(new URL('../../examples/iris.csv', import.meta.url));
/** Tells the processor time of the process as it ends, in seconds. */
const METER =
  'data:text/javascript,import { writeSync } from "node:fs";' +
  'process.on("exit", () => { const { user, system } = process.cpuUsage(); writeSync(3, String((user + system) / 1e6)); });';

interface Run {
  readonly seconds: number;
  readonly busy: number;
  readonly inFolds: number;
}

async function run(args: readonly string[]): Promise<Run> {
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', METER, LOCKSTEP, 'cv', '--folds', `${options.folds}`, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  const forget = atExit(() => child.kill());
  const [lines, meter] = [child.stdout, child.stdio[3] as NodeJS.ReadableStream].map((stream) => textOf(stream!));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - began) / 1000;
  forget();
  if (status !== 0) throw new Error(`cv ended with status ${status}`);
  const events = (await lines!)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as CvEvent);
  const ofFolds = events.reduce((sum, event) => sum + (event.event === 'fold' ? event.seconds : 0), 0);
  return { seconds, busy: Number(await meter) / seconds / CORES, inFolds: ofFolds / seconds / CORES };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const part of stream) text += String(part);
  return text;
}

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-cv-'));
atExit(() => rmSync(folder, { recursive: true, force: true }));
writeTableData(folder, options.rows);
const JOBS = [
  { name: 'iris.csv', args: ['--data', IRIS, '--label', 'species'] },
  {
    name: `${options.rows} rows`,
    args: ['--data', path.join(folder, 'train.csv'), '--label', 'class', '--epochs', `${options.epochs}`],
  },
];

const columns: Column[] = [
  { title: 'table', width: 14 },
  { title: 's', width: 8 },
  { title: 'busy', width: 8 },
  { title: 'spread', width: 16 },
  { title: 'folds', width: 8 },
];
if (!options.json) console.log(heading(columns));
for (const { name, args } of JOBS) {
  // The first brings the files into the system's cache.
  const runs: Run[] = [];
  for (let round = 0; round <= options.rounds; round++) runs.push(await run(args));
  const own = runs.slice(1);
  const [seconds, busy, inFolds] = (['seconds', 'busy', 'inFolds'] as const).map((key) =>
    median(own.map((each) => each[key])),
  );
  const { min, max } = spread(own.map((each) => each.busy));
  if (options.json) console.log(JSON.stringify({ table: name, cores: CORES, seconds, busy, in_folds: inFolds }));
  else
    console.log(
      row(columns, [
        name,
        seconds!.toFixed(2),
        busy!.toFixed(3),
        `${min.toFixed(3)} to ${max.toFixed(3)}`,
        inFolds!.toFixed(3),
      ]),
    );
}
