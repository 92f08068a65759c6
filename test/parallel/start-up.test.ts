/** Threads that cannot start, die while they load, or are stopped there: no thread is left, and none is started in vain. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isPromise } from 'node:util/types';
import { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { interruptAfter, startUpArgs } from '../reliability/support/start-up.js';
import { collect, collectFailed } from '../support/events.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { root } from '../support/paths.js';
import { runTrain } from '../support/run-command.js';
import { inFull, TRIES_ALL, valuesOf } from '../support/thoroughness.js';
import { type Threads, watchThreads } from '../support/threads-of.js';

let data: Folder;
beforeAll(async () => {
  data = await mnistPart(60, 20);
});
afterAll(() => data.remove());

describe('where the system gives no more threads', () => {
  let threads: Threads;
  let restore = () => {};
  beforeEach(() => {
    threads = watchThreads();
  });
  afterEach(() => {
    threads.stop();
    restore();
  });

  it.each([1, 2, 3])('the run fails in order, with an end event, and no thread is left: %i of 3', async (number) => {
    // As Piscina, which is CommonJS, sees it.
    const module = createRequire(import.meta.url)('node:worker_threads') as { Worker: typeof Worker };
    let made = 0;
    module.Worker = class extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        if (++made === number) throw new Error('Worker initialization failure: EAGAIN');
        super(...args);
      }
    };
    restore = () => Object.assign(module, { Worker });
    const { all, end, error } = await collectFailed({ data: data.path, hidden: [10], batchSize: 20, threads: 3 });
    expect(String(error)).toContain(
      'cannot start 3 worker threads (Worker initialization failure: EAGAIN; allow more threads',
    );
    expect(all.map(({ event }) => event)).toEqual(['start', 'end']);
    expect(end).toMatchObject({ status: 'failed', epochs: 0, message: expect.stringContaining('cannot start 3') });
    // Node tells of a thread a tick after it has made it.
    await setImmediate();
    await threads.ended();
    expect(threads.all).toHaveLength(number - 1);
  });

  it('a coordinator that cannot be made starts none', async () => {
    // Strategy dense has a kernel of the main thread's own.
    const { Instance } = WebAssembly;
    restore = () => {
      WebAssembly.Instance = Instance;
    };
    const fail = () => {
      WebAssembly.Instance = class {
        constructor() {
          throw new RangeError('no more instances');
        }
      } as unknown as typeof Instance;
    };
    const options = { data: data.path, hidden: [10], threads: 3, kernel: 'simd', strategy: 'dense' } as const;
    const { end } = await collectFailed(options, ({ event }) => (event === 'start' ? fail() : undefined));
    expect(end).toMatchObject({ status: 'failed', message: expect.stringContaining('no more instances') });
    expect(threads.all).toEqual([]);
  });
});

const fault = (name: string) => ['--import', path.join(root, 'dist/test/support', name)];
const job = () => ['--data', data.path, '--hidden', '10', '--batch-size', '20', '--epochs', '1000000'];

describe('a thread that dies while it loads', () => {
  it.each([
    { manner: 'throw', says: 'out of luck' },
    { manner: 'exit', says: 'exited|ended' },
  ])('by $manner, ends the run, which says so', async ({ manner, says }) => {
    // Each in turn: the first has a task by then, the others may not.
    for (const thread of valuesOf(['1', '2', '3'], manner === 'throw' ? ['1', '3'] : ['2'])) {
      const environment = { LOADING_FAULT: `${manner}:${thread}` };
      const run = await runTrain([...job(), '--threads', '3'], environment, fault('loading-fault.js'));
      expect(run.stderr).toMatch(new RegExp(`^train: worker thread \\d of 3 died while starting: .*(${says})`));
      expect(run.status).toBe(1);
      expect(run.stdout).toMatch(/"event":"end","status":"failed"/);
    }
  });
});

it.each(valuesOf([1, 3], [3]))('no thread is started in the place of one that has died, of %i', async (threads) => {
  const environment = { FAULT: 'exit:forward:3', FAULT_THREADS: 'all' };
  const nodeArgs = [...fault('fault.js'), ...fault('count-threads.js')];
  const { status, stderr } = await runTrain([...job(), '--threads', `${threads}`], environment, nodeArgs);
  expect(status).toBe(1);
  expect(stderr).toMatch(new RegExp(`\nthreads started: ${threads}\n$`));
});

it('a thread require()s no ES module: Node 20 aborts the process if it is ended meanwhile', async () => {
  let filename: string | null = null;
  const { run } = Piscina.prototype;
  vi.spyOn(Piscina.prototype, 'run').mockImplementation(function (this: Piscina, ...args) {
    filename = this.options.filename;
    return run.apply(this, args);
  });
  await collect({ data: data.path, hidden: [10], batchSize: 20, epochs: 1, threads: 1 });
  vi.restoreAllMocks();
  // As Piscina loads it. An ES module would be there at once.
  const loaded: unknown = createRequire(import.meta.url)(filename!);
  expect(isPromise(loaded)).toBe(true);
  expect(await loaded).toBeTypeOf('function');
});

// The long form: test/reliability/start-up.ts.
it.skipIf(!TRIES_ALL)(`a signal while threads load ends the run in order${inFull}`, async () => {
  const delays = [0, 20, 40, 60, 80, 100, 130, 160, 200, 250, 300, 400];
  const problems: string[] = [];
  for (let i = 0; i < delays.length; i += 3) {
    const some = delays.slice(i, i + 3);
    const found = await Promise.all(some.map((ms) => interruptAfter(ms, process.execPath, startUpArgs(data.path, 8))));
    problems.push(...found.filter((each) => each !== undefined));
  }
  expect(problems).toEqual([]);
});
