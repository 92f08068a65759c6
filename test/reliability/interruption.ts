/**
 * How long does a run take to end after a signal, its checkpoint and `end` line included?
 *
 *   node dist/test/reliability/interruption.js [--signals 20] [--threads 2]
 *
 * The reference's job with a folder for checkpoints, each time from the one before, and a signal at a random instant. Prints
 * the times from the signal to the process's end; ends with status 1 if one took a second or more (or `--most-ms`), or the run's statuses or
 * hashes were not as they should be.
 */
import { Command } from 'commander';
import { median } from '../../bench/support/statistics.js';
import { readCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import { listCheckpoints } from '../../src/checkpoints/folder.js';
import { sha256Of } from '../../src/model/parameters.js';
import { Random } from '../../src/model/random.js';
import { startTrain } from '../support/child.js';
import { temporaryFolder } from '../support/idx-files.js';
import { budgetOf } from './support/budget.js';

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const NAMES = Object.keys(STATUS) as (keyof typeof STATUS)[];
/** After the first line: more than an epoch. */
const LATEST_MS = 2000;

const { signals, threads, mostMs, seconds } = new Command('interruption')
  .description("How long does the reference's job take to end after a signal?")
  .option('--signals <n>', 'how many', Number, 20)
  .option('--threads <n>', 'as of train', Number, 2)
  .option('--most-ms <n>', 'what one may take', Number, 1000)
  .option('--seconds <n>', 'begin nothing more after that time', Number)
  .parse()
  .opts<{ signals: number; threads: number; mostMs: number; seconds?: number }>();

const budget = budgetOf(seconds);
const random = new Random(1, 0);
const folder = temporaryFolder();
const tookMs: number[] = [];
let wrong = 0;
try {
  for (let s = 0; s < signals && !budget.isOver(); s++) await interrupt(NAMES[s % NAMES.length]!);
} finally {
  folder.remove();
}
const most = Math.max(...tookMs);
console.log(
  `${tookMs.length} signals: median ${median(tookMs).toFixed(0)} ms, at most ${most.toFixed(0)} ms; ${wrong} not in order`,
);
process.exitCode = wrong === 0 && most < mostMs ? 0 : 1;

async function interrupt(signal: keyof typeof STATUS): Promise<void> {
  const args = ['--data', 'mnist', '--threads', `${threads}`, '--checkpoint-dir', folder.path, '--resume'];
  const { child, lines, ended } = startTrain(args);
  let sentAt = 0;
  let last = '';
  for await (const line of lines) {
    if (last === '') {
      setTimeout(() => {
        sentAt = performance.now();
        child.kill(signal);
      }, random.fraction() * LATEST_MS);
    }
    last = line;
  }
  const { status, stderr } = await ended;
  tookMs.push(performance.now() - sentAt);

  const end = JSON.parse(last) as { status?: string; weights_sha256?: string };
  const [newest] = await listCheckpoints(folder.path);
  const { values } = await readCheckpoint(newest!.file);
  const isRight = status === STATUS[signal] && end.status === 'interrupted' && stderr === '';
  if (!isRight || sha256Of(values) !== end.weights_sha256) wrong++;
}
