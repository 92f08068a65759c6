/**
 * How fast are tables read and encoded, beside pandas and polars, and for how long is the event loop blocked?
 *
 *   PYTHON=/path/to/python3 node dist/bench/reading.js [--times 5] [--tables numbers,digits,mixed] [--large] [--json]
 *
 * PYTHON (default python3) needs pandas; polars is optional. Each reader runs in a process of its own. `encoded` is Lockstep up
 * to the first step of training: the table is read, split, encoded, and written to the memory of the run. Shown are the first
 * time, which includes the compilation of the code; the median of the times, with their range; the median of the processor time;
 * memory, in multiples of the file; and for how long Lockstep's event loop was blocked at most. `--large` gives `mixed` a million
 * rows (300 MB).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { checkOptions } from '../src/config/options.js';
import { readRawTable } from '../src/data/table/read-raw-table.js';
import { Random } from '../src/model/random.js';
import { prepare } from '../src/run/prepare.js';
import { namesOf, wholeFrom } from './support/options.js';
import { median } from './support/statistics.js';
import { type Column, heading, row } from './support/table.js';

/** The cells of a row. */
type Draw = (random: Random, index: number) => readonly (string | number)[];

const unit = (random: Random) => random.next() / 2 ** 32;
const many = (count: number, cell: () => string | number) => Array.from({ length: count }, cell);

const TABLES: Readonly<Record<string, { readonly rows: number; readonly draw: Draw }>> = {
  // As many digits as measurements have.
  numbers: { rows: 100_000, draw: (random) => many(29, () => (unit(random) * 20 - 10).toFixed(5)) },
  // All digits of a float64, as programs write them.
  digits: { rows: 100_000, draw: (random) => many(29, () => unit(random)) },
  mixed: {
    rows: 100_000,
    draw: (random, index) => [
      `user-${index}`,
      ...many(14, () => (unit(random) * 2000 - 1000).toFixed(4)),
      ...many(5, () => random.below(1_000_000)),
      ...many(6, () => `level number ${random.below(8)}`),
      new Date(1.5e12 + random.below(2 ** 31) * 100).toISOString().slice(0, 19),
      `City of ${random.below(3000)}`,
      random.below(10) === 0 ? '' : random.below(100),
      random.below(2) === 0 ? 'yes' : 'no',
    ],
  },
};
const NAMES = Object.keys(TABLES);
const LARGE_ROWS = 1_000_000;

interface Figures {
  /** Seconds. */
  readonly times: readonly number[];
  /** Processor seconds of each time. */
  readonly cpu: readonly number[];
  /** Milliseconds. */
  readonly longestPause?: number;
  readonly bytes: number;
}

const options = new Command('reading')
  .description('How fast are tables read, beside pandas and polars?')
  .option('--times <n>', 'readings of each table', wholeFrom(2), 5)
  .option('--tables <names>', NAMES.join(', '), namesOf(NAMES), NAMES)
  .option('--large', 'a million rows of mixed columns', false)
  .option('--json', 'NDJSON', false)
  .option('--child <file>', 'read a file, and print the figures')
  .option('--encode', 'with --child: also encode it', false)
  .parse()
  .opts<{
    readonly times: number;
    readonly tables: readonly string[];
    readonly large: boolean;
    readonly json: boolean;
    readonly child?: string;
    readonly encode: boolean;
  }>();
const python = process.env.PYTHON ?? 'python3';
// (The Python script is in the source folder, not in dist/.)
const script = fileURLToPath(new URL('../../bench/reading.py', import.meta.url));

if (options.child !== undefined) console.log(JSON.stringify(await measured(options.child, options)));
else await compare();

async function compare(): Promise<void> {
  const columns: Column[] = [
    { title: 'table', width: 8 },
    { title: 'MB', width: 4 },
    { title: 'reader', width: 9 },
    { title: 'first', width: 8 },
    { title: 'median', width: 8 },
    { title: 'range', width: 12 },
    { title: 'CPU', width: 8 },
    { title: 'memory', width: 7 },
    { title: 'blocked', width: 8 },
  ];
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
  try {
    if (!options.json) console.log(heading(columns));
    for (const table of options.tables) {
      const file = path.join(folder, `${table}.csv`);
      await write(file, table);
      const { size } = statSync(file);
      const self = [fileURLToPath(import.meta.url), '--child', file, '--times', String(options.times)];
      const readers: [string, string, readonly string[]][] = [
        ['Lockstep', process.execPath, self],
        ['encoded', process.execPath, [...self, '--encode']],
        ...['pandas', 'polars'].map((name): [string, string, string[]] => {
          return [name, python, [script, name, file, String(options.times)]];
        }),
      ];
      for (const [name, command, args] of readers) {
        const { times, cpu, longestPause, bytes } = JSON.parse(await output(command, args)) as Figures;
        const [first] = times;
        if (options.json)
          console.log(JSON.stringify({ table, bytes: size, reader: name, times, cpu, longestPause, memory: bytes }));
        else if (first !== undefined) {
          const seconds = [first, median(times)].map((time) => `${time.toFixed(2)} s`);
          const range = `${Math.min(...times).toFixed(2)}–${Math.max(...times).toFixed(2)}`;
          const memory = `${(bytes / size).toFixed(1)} ×`;
          const pause = longestPause === undefined ? '' : `${longestPause.toFixed(0)} ms`;
          const figures = [...seconds, range, `${median(cpu).toFixed(2)} s`, memory, pause];
          console.log(row(columns, [table, (size / 1e6).toFixed(0), name, ...figures]));
        }
      }
      rmSync(file);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measured(file: string, { times: count, encode }: { times: number; encode: boolean }): Promise<Figures> {
  const times: number[] = [];
  const cpu: number[] = [];
  const delays = monitorEventLoopDelay({ resolution: 1 });
  for (let i = 0; i < count; i++) {
    delays.enable();
    const [begin, before] = [performance.now(), process.cpuUsage()];
    if (encode) await prepare(checkOptions({ data: file, epochs: 0, ...goalOf(file) }));
    else await readRawTable(file);
    times.push((performance.now() - begin) / 1000);
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1e6);
    // The last delay counts only once the event loop runs again.
    await setTimeout(5);
    delays.disable();
  }
  // (Kilobytes.)
  return { times, cpu, longestPause: delays.max / 1e6, bytes: process.resourceUsage().maxRSS * 1024 };
}

/** The last column. */
function goalOf(file: string) {
  return path.basename(file) === 'mixed.csv' ? { label: 'c29' } : { target: ['c28'] };
}

async function write(file: string, name: string): Promise<void> {
  const { rows, draw } = TABLES[name]!;
  const count = options.large && name === 'mixed' ? LARGE_ROWS : rows;
  const random = new Random(1, 0);
  const stream = createWriteStream(file);
  stream.write(
    `${draw(random, 0)
      .map((_, i) => `c${i}`)
      .join(',')}\n`,
  );
  let lines = '';
  for (let i = 0; i < count; i++) {
    lines += `${draw(random, i).join(',')}\n`;
    if (lines.length < 1 << 20 && i + 1 < count) continue;
    if (!stream.write(lines)) await once(stream, 'drain');
    lines = '';
  }
  stream.end();
  await once(stream, 'finish');
}

async function output(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [printed, status] = await Promise.all([text(child.stdout), ended]);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${status}`);
  return printed;
}
