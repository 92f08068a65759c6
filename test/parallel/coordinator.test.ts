/** The coordinator and its threads, without a consumer of events. */
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkOptions, optimizerOf, type TrainOptions } from '../../src/config/options.js';
import { shuffledOrder } from '../../src/data/order.js';
import { WasmKernel } from '../../src/kernels/wasm.js';
import { type Memory, recordIndex } from '../../src/memory/layout.js';
import type { Position } from '../../src/metrics/run-state.js';
import { Barrier } from '../../src/parallel/barrier.js';
import { Control, HeldFor, ticketOf } from '../../src/parallel/control-words.js';
import { Coordinator, type Job } from '../../src/parallel/coordinator.js';
import { Watchdog } from '../../src/parallel/watchdog.js';
import { prepare } from '../../src/run/prepare.js';
import { scratchWith } from '../support/scratch.js';
import { watchThreads } from '../support/threads-of.js';

const scratch = scratchWith(60, 20);
afterEach(() => vi.restoreAllMocks());

const nothing = () => undefined;

const EPOCHS = 5;

/** Six steps an epoch. */
async function jobOf(options: TrainOptions = {}): Promise<{ job: Job; memory: Memory }> {
  const common = { data: scratch.data, hidden: [5], batchSize: 10, threads: 2, epochs: EPOCHS };
  const { plan, shared, kernel, memory, config, start } = await prepare(checkOptions({ ...common, ...options }));
  const { strategy, epochs, seed } = config;
  const job: Job = {
    ...{ plan, shared, kernel, strategy, optimizer: optimizerOf(config), epochs, seed, start, stepsDone: 0 },
    ...{ checkpointEvery: 0, checkpointEverySteps: 0, patience: 0, deadline: Number.POSITIVE_INFINITY, logEvery: 0 },
    ...{ ranks: undefined, exact: false, privacy: undefined },
  };
  return { job, memory };
}

async function untilFinished(coordinator: Coordinator): Promise<void> {
  for (let look = coordinator.look(); !look.isEpochFinished; look = coordinator.look()) await look.change();
}

it('grants an epoch when its order is in place and its record is empty', async () => {
  const { job, memory } = await jobOf();
  const granted: number[] = [];
  const { grant } = Control.prototype;
  vi.spyOn(Control.prototype, 'grant').mockImplementation(function (this: Control, epoch) {
    granted.push(epoch);
    const expected = new Uint32Array(60);
    shuffledOrder(expected, job.seed, epoch);
    expect([...memory.epochs[recordIndex(epoch)].order]).toEqual([...expected]);
    expect([this.stepsDone(epoch), this.isFinished(epoch)]).toEqual([0, false]);
    grant.call(this, epoch);
  });
  const coordinator = new Coordinator(job, memory);
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    await untilFinished(coordinator);
    coordinator.nextEpoch();
  }
  await coordinator.close();
  expect(coordinator.outcome).toBe('completed');
  expect(granted).toEqual([1, 2, 3, 4, 5]);
});

describe('a time limit that is over', () => {
  const overtime = async (epochs: number) => {
    const { job, memory } = await jobOf({ epochs });
    const coordinator = new Coordinator({ ...job, deadline: 0 }, memory);
    await untilFinished(coordinator);
    while (coordinator.outcome === undefined) await coordinator.look().change();
    await coordinator.close();
    return [coordinator.outcome, coordinator.endedBy];
  };

  it('ends the run with the epoch, and is why', async () => {
    expect(await overtime(2)).toEqual(['completed', 'max_time']);
  });

  it('ends no run whose last epoch that is', async () => {
    expect(await overtime(1)).toEqual(['completed', undefined]);
  });
});

describe('closing', () => {
  it('ends a team that is held in front of an epoch, which nobody will grant', async () => {
    const { job, memory } = await jobOf();
    const taken: Position[] = [];
    const coordinator = new Coordinator(job, memory, async (position) => void taken.push(position));
    const barrier = new Barrier(memory.control, job.plan.threads, 0);
    while (barrier.held !== ticketOf(HeldFor.GRANT, 3)) await setImmediate();
    await coordinator.close();
    expect(coordinator.outcome).toBe('stopped');
    expect(taken).toEqual([{ epochs: 2, stepsInEpoch: 0 }]);
  });

  it('waits until the last snapshot has been taken', async () => {
    const { job, memory } = await jobOf({ epochs: 1 });
    let isTaken = false;
    const coordinator = new Coordinator(job, memory, async () => {
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      isTaken = true;
    });
    await untilFinished(coordinator);
    await coordinator.close();
    expect(isTaken).toBe(true);
  });

  it('waits for a snapshot that a failure has overtaken', async () => {
    const { job, memory } = await jobOf();
    const barrier = new Barrier(memory.control, job.plan.threads, 0);
    const threads = watchThreads();
    let release: () => void = nothing;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let calls = 0;
    const coordinator = new Coordinator({ ...job, checkpointEverySteps: 2 }, memory, async () => {
      if (++calls > 1) return;
      // The team ends, held as it is.
      barrier.abort();
      await released;
    });
    let isClosed = false;
    while (coordinator.outcome === undefined) await coordinator.look().change();
    const closing = coordinator.close().then(() => {
      isClosed = true;
    });
    await threads.ended();
    threads.stop();
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    expect(isClosed).toBe(false);
    release();
    await closing;
    expect(calls).toBe(2);
  });

  it('stops the watchdog, also of a team that has failed', async () => {
    const { job, memory } = await jobOf({ strategy: 'dense' });
    const stop = vi.spyOn(Watchdog.prototype, 'stop');
    vi.spyOn(WasmKernel.prototype, 'applyGradients').mockImplementation(() => {
      throw new Error('of the kernel');
    });
    const coordinator = new Coordinator(job, memory);
    while (coordinator.outcome === undefined) await coordinator.look().change();
    await coordinator.close();
    expect(coordinator.outcome).toBe('died');
    expect(stop).toHaveBeenCalled();
  });
});

it('a hold that a stop should have opened counts as a stall', async () => {
  const { job, memory } = await jobOf();
  const usual = { ...Watchdog.patience };
  try {
    Object.assign(Watchdog.patience, { lookEveryMs: 1, steps: 1 });
    const coordinator = new Coordinator(job, memory);
    const barrier = new Barrier(memory.control, job.plan.threads, 0);
    while (barrier.held !== ticketOf(HeldFor.GRANT, 3)) await setImmediate();
    // Until the stop it is the coordinator that the team waits for, however long.
    Object.assign(Watchdog.patience, { leastMs: 1 });
    vi.spyOn(Barrier.prototype, 'release').mockImplementation(nothing);
    coordinator.stop();
    while (coordinator.outcome === undefined) await coordinator.look().change();
    expect(coordinator.outcome).toBe('died');
    expect(String(coordinator.failure)).toMatch(/for something already granted/);
    await coordinator.close();
  } finally {
    Object.assign(Watchdog.patience, usual);
  }
});
