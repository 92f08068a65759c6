/**
 * A thread that dies or hangs, in each manner and each phase: the command ends, says which and where, and leaves with 1. What
 * it has saved before is as good as ever.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { modularTrainCommand, root } from '../support/paths.js';
import { casesOf, inFull, TRIES_ALL } from '../support/thoroughness.js';

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

function trainWithFault(
  fault: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ended> {
  const command = [
    // A thread whose memory runs out then takes a hundred megabytes for it, and not gigabytes.
    ...['--max-old-space-size=100', '--import', FAULT, modularTrainCommand],
    ...['--data', data.path, '--threads', '3', '--epochs', '1000000', '--format', 'ndjson'],
    ...args,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, { env: { ...process.env, FAULT: fault, ...environment } });
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

const PHASES = [
  // With 100 hidden units the first layer has six panels, two for each thread; with 20 it has one, and is cut by sample.
  { phase: 'forward phase', method: 'forward', calls: 1, where: 'in the forward phase, in step 1', hidden: '100' },
  // A step calls forward twice, an epoch has three of them, and then comes the evaluation.
  { phase: 'gradient phase', method: 'forward', calls: 3, where: 'in the gradient phase, in step 2' },
  { phase: 'gradient phase, going back', method: 'backward', calls: 2, where: 'in the gradient phase, in step 2' },
  { phase: 'update phase', method: 'step', calls: 3, where: 'in the update phase, in step 2' },
  // A batch's first call steps the thread's rows of the second layer, and each panel that it claims is three calls.
  {
    phase: 'update phase, by panel',
    method: 'step',
    calls: 5,
    where: 'in the update phase, in step \\d+',
    hidden: '100',
  },
  { phase: 'evaluation', method: 'forward', calls: 7, where: 'during evaluation, after step 3' },
  { phase: 'barrier', method: 'arrive', calls: 4, where: 'at a barrier, in step 2' },
  { phase: 'first barrier', method: 'arrive', calls: 1, where: 'at a barrier, in step 1' },
];

const MANNERS = [
  { manner: 'throw', says: 'out of luck and of lines' },
  { manner: 'exit', says: 'exit' },
  { manner: 'memory', says: 'memory' },
];

function expectClearEnd({ status, stdout, stderr }: Ended, what: string): void {
  expect(stderr).toMatch(new RegExp(`^train: worker thread ${what}.*\n$`));
  expect(status).toBe(1);
  const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
  expect(last).toMatchObject({ event: 'end', status: 'failed' });
  // Half a step may have been done: there are no weights to speak of.
  expect(last).not.toHaveProperty('weights_sha256');
}

/** The update phase is below, and so is memory in the gradient phase. */
const SOME_PHASES: Readonly<Record<string, readonly string[]>> = {
  throw: ['forward phase'],
  exit: ['evaluation'],
  memory: ['barrier'],
};

/** With all threads waiting at a barrier, on their way to one, and in an evaluation. The other manner, throw, dies in every phase. */
const TELLING_PHASES = ['gradient phase', 'update phase, by panel', 'evaluation', 'barrier'];

/** Strategy dense has one more. */
const ACCUMULATION = {
  phase: 'accumulation phase',
  ...{ method: 'accumulate', calls: 3, where: 'in the accumulation phase, in step 2', strategy: 'dense' },
};

describe.each(MANNERS)('a thread that dies by $manner', ({ manner, says }) => {
  const some = SOME_PHASES[manner]!;
  const every: readonly ((typeof PHASES)[number] & { strategy?: string })[] = [...PHASES, ACCUMULATION];
  const all = every.filter(({ phase }) => manner === 'throw' || TELLING_PHASES.includes(phase));
  it.each(casesOf(all, ({ phase }) => some.includes(phase)))(
    'in the $phase',
    async ({ method, calls, where, hidden = '20', strategy = 'sliced' }) => {
      const ended = await trainWithFault(`${manner}:${method}:${calls}`, ['--hidden', hidden, '--strategy', strategy]);
      expectClearEnd(ended, `\\d of 3 died ${where}: .*${says}`);
    },
  );
});

it('several threads that die at once end the run just as clearly', async () => {
  // Thread ids count from 1: each of the three fails at the same call.
  const ended = await trainWithFault('memory:forward:3', ['--hidden', '20'], { FAULT_THREADS: 'all' });
  expectClearEnd(ended, '\\d of 3 died in the gradient phase, in step 2: .*memory');
});

/** How long a thread may hang in these tests, instead of a minute. */
const PATIENCE = { FAULT_PATIENCE_MS: '2000' };

describe.concurrent('a thread that hangs', () => {
  const all = [
    // (Not in the first phase of a panel, nor at the first barrier: a watchdog sees the same.)
    ...PHASES.filter((_, number) => [0, 2, 4, 5, 6].includes(number)).map((each) => ({ ...each, manner: 'sleep' })),
    { ...PHASES[1]!, manner: 'hang' },
    { ...PHASES[3]!, manner: 'hang' },
  ];
  const some = ['update phase hang'];
  it.each(casesOf(all, ({ phase, manner }) => some.includes(`${phase} ${manner}`)))(
    'in the $phase, by $manner',
    async ({ manner, method, calls, where, hidden = '20' }) => {
      const ended = await trainWithFault(`${manner}:${method}:${calls}`, ['--hidden', hidden], PATIENCE);
      expectClearEnd(ended, `.* of 3 made no progress for \\d+ s ${where};`);
      // One that hangs before it has arrived looks as those that wait for it.
      if (method !== 'arrive') expect(ended.stderr).toMatch(/thread \d of 3/);
    },
  );
});

it.skipIf(!TRIES_ALL)(`a process that is suspended for longer than a thread may hang goes on${inFull}`, async () => {
  const command = ['--import', FAULT, modularTrainCommand, '--data', data.path, '--hidden', '20', '--threads', '2'];
  const child = spawn(process.execPath, [...command, '--epochs', '1000000'], {
    env: { ...process.env, FAULT: 'none:arrive:1', FAULT_PATIENCE_MS: '2000' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  let epochs = 0;
  let isTold = false;
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    const before = epochs;
    epochs += String(chunk).split('"event":"epoch"').length - 1;
    if (before < 10 && epochs >= 10) {
      child.kill('SIGSTOP');
      setTimeout(() => child.kill('SIGCONT'), 5000);
    }
    // Long after: a watchdog that counted the pause would have looked by then.
    // (Once: a second one ends it at once by design, and one that comes while Node is leaving meets no handler any more.)
    if (epochs >= 1000 && !isTold) {
      isTold = true;
      child.kill('SIGTERM');
    }
  }
  expect(await ended).toBe(143);
});

describe.each(casesOf([...MANNERS, { manner: 'sleep' }], ({ manner }) => manner === 'exit'))(
  'a run whose thread dies by $manner',
  ({ manner }) => {
    it('goes on from its last checkpoint to the weights that it would have had', async () => {
      const folder = temporaryFolder();
      const options = { data: data.path, hidden: [20], epochs: 3, threads: 3 };
      try {
        const checkpoints = ['--checkpoint-dir', folder.path, '--checkpoint-every-steps', '1', '--epochs', '3'];
        // The second thread's ninth call is in step 5.
        const ended = await trainWithFault(`${manner}:step:9`, [...checkpoints, '--hidden', '20'], PATIENCE);
        expect(ended.status).toBe(1);
        const resumed = await collect({ resume: folder.path });
        expect(resumed.start.resumed).toMatchObject({ epochs: 1, step: 4 });
        const { end } = await collect(options);
        expect(resumed.end).toMatchObject({ status: 'completed', weights_sha256: end.weights_sha256 });
      } finally {
        folder.remove();
      }
    });
  },
);
