/** A thread that dies, in each manner and each phase: the command ends, says which and where, and leaves with 1. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { root, trainCommand } from '../support/paths.js';

const FAULT = path.join(root, 'dist/test/support/fault.js');

let data: Folder;
beforeAll(async () => {
  data = await mnistPart(300, 50);
});
afterAll(() => data.remove());

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function trainWithFault(fault: string, args: readonly string[], threads = 'one'): Promise<Ended> {
  const command = [
    '--import',
    FAULT,
    trainCommand,
    ...['--data', data.path, '--threads', '3', '--epochs', '1000000', '--format', 'ndjson'],
    ...args,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, { env: { ...process.env, FAULT: fault, FAULT_THREADS: threads } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** A hang fails the test; a death must be noticed and the run ended within two seconds, start-up aside. */
const LIMIT_MS = 10_000;

const PHASES = [
  // With 100 hidden units the first layer has six panels, two for each thread; with 20 it has one, and is cut by sample.
  { phase: 'forward phase', method: 'forward', calls: 1, where: 'in the forward phase', hidden: '100' },
  // An epoch calls forward 3 × 2 times in training, then again in the evaluation.
  { phase: 'gradient phase', method: 'forward', calls: 3, where: 'in the gradient phase' },
  { phase: 'gradient phase, going back', method: 'backward', calls: 2, where: 'in the gradient phase' },
  { phase: 'update phase', method: 'step', calls: 3, where: 'in the update phase' },
  // A batch's first call steps the thread's rows of the second layer, and each panel that it claims is three calls.
  { phase: 'update phase, by panel', method: 'step', calls: 5, where: 'in the update phase', hidden: '100' },
  { phase: 'evaluation', method: 'forward', calls: 7, where: 'in the evaluation' },
  { phase: 'barrier', method: 'arrive', calls: 4, where: 'at a barrier' },
  { phase: 'first barrier', method: 'arrive', calls: 1, where: 'at a barrier' },
];

const MANNERS = [
  { manner: 'throw', says: 'out of luck and of lines' },
  { manner: 'exit', says: 'exit' },
  { manner: 'memory', says: 'memory' },
];

function expectClearEnd({ status, stdout, stderr }: Ended, where: string, says: string): void {
  expect(stderr).toMatch(new RegExp(`^train: worker thread \\d of 3 died ${where}: .*\n$`));
  expect(stderr).toContain(says);
  expect(status).toBe(1);
  const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
  expect(last).toMatchObject({ event: 'end', status: 'failed' });
  // Half a step may have been done: there are no weights to speak of.
  expect(last).not.toHaveProperty('weights_sha256');
}

describe.each(MANNERS)('a thread that dies by $manner', ({ manner, says }) => {
  it.each(PHASES)(
    'in the $phase',
    async ({ method, calls, where, hidden = '20' }) => {
      const ended = await trainWithFault(`${manner}:${method}:${calls}`, ['--hidden', hidden]);
      expectClearEnd(ended, where, says);
    },
    LIMIT_MS,
  );

  it(
    'in the accumulation of strategy dense',
    async () => {
      const ended = await trainWithFault(`${manner}:accumulate:3`, ['--hidden', '20', '--strategy', 'dense']);
      expectClearEnd(ended, 'in the accumulation phase', says);
    },
    LIMIT_MS,
  );
});

it(
  'several threads that die at once end the run just as clearly',
  async () => {
    // Thread ids count from 1: each of the three fails at the same call.
    const ended = await trainWithFault('memory:forward:3', ['--hidden', '20'], 'all');
    expectClearEnd(ended, 'in the gradient phase', 'memory');
  },
  LIMIT_MS,
);
