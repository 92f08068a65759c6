/**
 * Does every line reach a slow reader, in bounded memory, and does a run end as any filter does when its reader goes?
 *
 *   node dist/test/reliability/pipes.js [--lines 100000]
 *
 * A run with a line a step is read by somebody who sleeps every so often; the trainer's resident set is looked at meanwhile.
 * Then the shell's own pipes: `| head -1`, and a reader that never reads. Ends with status 1 if anything was not as it should.
 */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { startTrain } from '../support/child.js';
import { temporaryFolder } from '../support/idx-files.js';
import { mnistPart } from '../support/mnist-part.js';
import { trainCommand } from '../support/paths.js';
import { residentMbOf } from '../support/resident.js';
import { until } from '../support/until.js';

const SAMPLES = 1000;
const NAPS = 50;
const NAP_MS = 300;
/** What a run of this size takes in all: one that kept its lines would pass it by far. */
const MOST_MB = 200;

const { lines, seconds } = new Command('pipes')
  .description('Does every line reach a slow reader, in bounded memory?')
  .option('--lines <n>', 'step lines', Number, 100_000)
  .option('--seconds <n>', 'about as long: fewer lines', Number)
  .parse()
  .opts<{ lines: number; seconds?: number }>();
/** A second takes at least so many, the naps included. */
const LINES_A_SECOND = 1000;
const wanted = Math.min(lines, Math.max(SAMPLES, LINES_A_SECOND * (seconds ?? Number.POSITIVE_INFINITY)));

const data = await mnistPart(SAMPLES, 100);
const folder = temporaryFolder();
const small = ['--data', data.path, '--hidden', '5', '--threads', '2'];
const failures: string[] = [];
try {
  await slowReader();
  await goneReader();
  await deafReader();
} finally {
  data.remove();
  folder.remove();
}
for (const failure of failures) console.log(`FAILED: ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;

async function slowReader(): Promise<void> {
  const epochs = Math.ceil(wanted / SAMPLES);
  const { child, lines, ended } = startTrain([
    ...small,
    ...['--batch-size', '1', '--log-every', '1', '--epochs', `${epochs}`],
  ]);
  let steps = 0;
  let bytes = 0;
  let mostMb = 0;
  let isInOrder = true;
  for await (const line of lines) {
    bytes += line.length + 1;
    const event = JSON.parse(line) as { event: string; step: number };
    if (event.event !== 'step') continue;
    steps++;
    isInOrder &&= event.step === steps;
    if (steps % Math.ceil(wanted / NAPS) === 0) {
      await sleep(NAP_MS);
      mostMb = Math.max(mostMb, residentMbOf(child.pid!));
    }
  }
  const { status } = await ended;
  const text = `${steps} of ${epochs * SAMPLES} lines, ${(bytes / 2 ** 20).toFixed(0)} MiB, at most ${mostMb.toFixed(0)} MB`;
  console.log(`a reader that naps ${NAPS} times for ${NAP_MS} ms: ${text} resident, status ${status}`);
  check(steps === epochs * SAMPLES && isInOrder, 'a line was lost');
  check(status === 0, `status ${status}`);
  check(mostMb < MOST_MB, `${mostMb} MB resident`);
}

async function goneReader(): Promise<void> {
  const command = shell([...small, '--epochs', '1000000', '--checkpoint-dir', folder.path]);
  const { stdout, stderr } = await promisify(execFile)('bash', [
    '-c',
    `${command} | head -1; echo "\${PIPESTATUS[0]}" >&2`,
  ]);
  const checkpoints = readdirSync(folder.path);
  console.log(
    `| head -1: status ${stderr.trim()}, ${stdout.split('\n').length - 1} line, left ${checkpoints.join(', ')}`,
  );
  check(stderr.trim() === '141' && checkpoints.length > 0, '| head -1');
}

/** It never takes a line, and the run is told to end: first politely, which must leave a checkpoint; then at once. */
async function deafReader(): Promise<void> {
  const own = temporaryFolder();
  // An epoch's lines are more than any buffers on the way hold: when the second is nearly over, the run is held by its reader.
  const samples = 2500;
  const many = await mnistPart(samples, 100);
  const checkpoints = ['--checkpoint-dir', own.path, '--checkpoint-every', '1000000'];
  const { child, ended } = startTrain([
    ...['--data', many.path, '--hidden', '5', '--threads', '2', '--batch-size', '1', '--epochs', '1000000'],
    ...['--log-every', '1', ...checkpoints, '--checkpoint-every-steps', `${2 * samples - 1}`],
  ]);
  const written = () => readdirSync(own.path).filter((name) => name.endsWith('.safetensors'));
  await until(() => written().length === 1);
  child.kill('SIGTERM');
  await until(() => written().length === 2 || child.exitCode !== null);
  console.log(`a reader that never reads: SIGTERM left ${written().join(', ')}`);
  check(written().length === 2, 'no checkpoint after SIGTERM');
  child.kill('SIGTERM');
  child.stdout?.resume();
  const { status } = await ended;
  console.log(`a second SIGTERM: status ${status}`);
  check(status === 143, `status ${status} after two signals`);
  own.remove();
  many.remove();
}

function check(isRight: boolean, what: string): void {
  if (!isRight) failures.push(what);
}

function shell(args: readonly string[]): string {
  return [process.execPath, trainCommand, ...args].map((arg) => `'${arg}'`).join(' ');
}
