/**
 * Does a run that is interrupted while its threads load end in order, however early?
 *
 *   node dist/test/reliability/start-up.js [--node PROGRAM] [--threads 8] [--until 400] [--every 1] [--at-once 2]
 *
 * SIGINT at each millisecond after the `start` event, each in a process of its own. (On a busy machine threads load for longer:
 * --until 1600 --every 4.) Ends with status 1 if one of them did not
 * leave with status 130, an `end` event that says `interrupted`, and nothing on stderr.
 */
import { execFileSync } from 'node:child_process';
import { Command } from 'commander';
import { mnistPart } from '../support/mnist-part.js';
import { inParallel } from './support/runs.js';
import { interruptAfter, startUpArgs } from './support/start-up.js';

const { node, threads, until, every, atOnce } = new Command('start-up')
  .description('Does a run that is interrupted while its threads load end in order?')
  .option('--node <program>', 'that runs train', process.execPath)
  .option('--threads <n>', 'as of train: more than there are cores', Number, 8)
  .option('--until <ms>', 'the last signal', Number, 400)
  .option('--every <ms>', 'between two', Number, 1)
  .option('--at-once <n>', 'processes', Number, 2)
  .parse()
  .opts<{ node: string; threads: number; until: number; every: number; atOnce: number }>();

const data = await mnistPart(100, 20);
const problems: string[] = [];
let runs = 0;
try {
  const delays = Array.from({ length: Math.floor(until / every) + 1 }, (_, i) => i * every);
  await inParallel(delays, atOnce, async (delayMs) => {
    const problem = await interruptAfter(delayMs, node, startUpArgs(data.path, threads));
    runs++;
    if (problem !== undefined) problems.push(problem);
  });
} finally {
  data.remove();
}
for (const problem of problems) console.log(problem);
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
console.log(`${runs} signals, Node ${version}, ${threads} threads: ${problems.length} not in order`);
process.exitCode = problems.length === 0 ? 0 : 1;
