/**
 * Does a process that is suspended and continued again and again end in the weights of one that is not?
 *
 *   node dist/test/reliability/suspension.js [--node PROGRAM] [--runs 20]
 *
 * With either strategy, with and without checkpoints, 1 to 4 threads. Ends with status 1 if one did not
 * end in order, or in other weights.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Command } from 'commander';
import { Random } from '../../src/model/random.js';
import { temporaryFolder } from '../support/idx-files.js';
import { mnistPart } from '../support/mnist-part.js';
import { runTrain } from '../support/run-command.js';
import { endOf } from '../support/undisturbed.js';
import { suspendOften } from './support/suspend.js';

const { node, runs } = new Command('suspension')
  .description('Does a process that is suspended again and again end in the same weights?')
  .option('--node <program>', 'that runs train', process.execPath)
  .option('--runs <n>', 'how many', Number, 20)
  .parse()
  .opts<{ node: string; runs: number }>();

const random = new Random(1, 0);
const data = await mnistPart(200, 50);
const folder = temporaryFolder();
let times = 0;
let wrong = 0;
try {
  for (let r = 0; r < runs; r++) {
    const threads = String(1 + random.below(4));
    const strategy = r % 2 === 0 ? 'sliced' : 'dense';
    const args = ['--data', data.path, '--hidden', '20', '--batch-size', '20', '--epochs', '200', '--kernel', 'simd'];
    const job = [...args, '--threads', threads, '--strategy', strategy, '--format', 'ndjson'];
    const checkpoints = ['--checkpoint-dir', path.join(folder.path, String(r)), '--checkpoint-every-steps', '97'];
    const calm = endOf((await runTrain(job)).stdout)!;
    const { run, times: own } = await suspendOften(node, r % 4 < 2 ? job : [...job, ...checkpoints], random);
    times += own;
    const isRight = run.status === 0 && endOf(run.stdout)?.weights_sha256 === calm.weights_sha256;
    if (!isRight) console.log(`run ${r}, ${threads} threads, ${strategy}: status ${run.status}, ${run.stderr.trim()}`);
    if (!isRight) wrong++;
  }
} finally {
  data.remove();
  folder.remove();
}
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
console.log(`${runs} runs, suspended ${times} times, Node ${version}: ${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
