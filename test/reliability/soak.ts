/**
 * Does memory stay flat? Trains the reference's job for as long as one likes, with a line a step and checkpoints, and looks at
 * the process's resident set as it goes.
 *
 *   node dist/test/reliability/soak.js [--minutes 60] [--threads 2]
 *
 * Prints the resident set by tenths of the time, and ends with status 1 if the last tenth's median is more than 5 % above that
 * of the second tenth (the first warms up), or a line was missing. In less than 20 minutes it may be 20 % above it.
 */
import { readdirSync } from 'node:fs';
import { Command } from 'commander';
import { median } from '../../bench/support/statistics.js';
import { startTrain } from '../support/child.js';
import { temporaryFolder } from '../support/idx-files.js';
import { residentMbOf } from '../support/resident.js';

const SAMPLE_EVERY_MS = 2000;
const PARTS = 10;
/** In a few minutes it has not yet settled. */
const SETTLED_MINUTES = 20;
const MOST_GROWTH = { settled: 1.05, early: 1.2 };

const {
  seconds,
  threads,
  minutes = (seconds ?? 3600) / 60,
} = new Command('soak')
  .description('Does memory stay flat over an hour of training with step logging and checkpoints?')
  .option('--minutes <n>', 'how long (default: 60)', Number)
  .option('--seconds <n>', 'the same in seconds', Number)
  .option('--threads <n>', 'as of train', Number, 2)
  .parse()
  .opts<{ minutes?: number; seconds?: number; threads: number }>();

const folder = temporaryFolder();
process.exitCode = await soak().finally(folder.remove);

async function soak(): Promise<number> {
  const { child, lines, ended } = startTrain([
    ...['--threads', `${threads}`, '--epochs', '1000000', '--log-every', '1'],
    ...['--checkpoint-dir', folder.path, '--checkpoint-every-steps', '1000'],
  ]);
  const residentMb: number[] = [];
  const timer = setInterval(() => residentMb.push(residentMbOf(child.pid!)), SAMPLE_EVERY_MS);
  const end = setTimeout(() => child.kill('SIGTERM'), minutes * 60_000);
  let steps = 0;
  let missing = 0;
  let checkpoints = 0;
  try {
    for await (const line of lines) {
      const event = JSON.parse(line) as { event: string; step?: number };
      if (event.event === 'checkpoint') checkpoints++;
      if (event.event !== 'step') continue;
      steps++;
      if (event.step !== steps + missing) missing = event.step! - steps;
    }
  } finally {
    clearInterval(timer);
    clearTimeout(end);
  }
  const { status, stderr } = await ended;

  const parts = Array.from({ length: PARTS }, (_, p) => {
    const [from, to] = [p, p + 1].map((at) => Math.floor((at * residentMb.length) / PARTS));
    return median(residentMb.slice(from, to));
  });
  const mostGrowth = minutes < SETTLED_MINUTES ? MOST_GROWTH.early : MOST_GROWTH.settled;
  const growth = parts.at(-1)! / parts[1]!;
  console.log(
    `${minutes} minutes, ${threads} threads: ${steps} step lines, ${missing} missing, ${checkpoints} checkpoints`,
  );
  console.log(`${readdirSync(folder.path).length} checkpoints kept; exit status ${status} (143 expected) ${stderr}`);
  console.log(`resident set by tenths of the time, MB: ${parts.map((part) => part.toFixed(0)).join(' ')}`);
  console.log(`the last is ${growth.toFixed(3)} times the second`);
  // (Of fewer looks the tenths say nothing.)
  const isFlat = residentMb.length < 2 * PARTS || growth <= mostGrowth;
  return status === 143 && missing === 0 && isFlat ? 0 : 1;
}
