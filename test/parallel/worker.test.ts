/** The only worker of a team, run in this thread: every epoch is granted beforehand, so that it never waits. */
import { expect, it, vi } from 'vitest';
import { checkOptions, optimizerOf, type TrainOptions } from '../../src/config/options.js';
import { shuffledOrder } from '../../src/data/order.js';
import { recordIndex } from '../../src/memory/layout.js';
import { Barrier } from '../../src/parallel/barrier.js';
import { Control, HeldFor, ticketOf } from '../../src/parallel/control-words.js';
import { MpiLibrary } from '../../src/parallel/mpi/library.js';
import type { World } from '../../src/parallel/mpi/world.js';
import { Phase, type WorkerTask } from '../../src/parallel/task.js';
import { prepare, type Run } from '../../src/run/prepare.js';
import runWorker from '../../workers/worker.js';
import { scratchWith } from '../support/scratch.js';

const scratch = scratchWith(60, 20);

interface Alone {
  readonly run: Run;
  readonly control: Control;
  /** To its end. */
  readonly start: () => void;
}

/** Six steps an epoch. */
async function workerOf(options: TrainOptions, more: Partial<WorkerTask> = {}, world?: World): Promise<Alone> {
  const given = checkOptions({ data: scratch.data, hidden: [5], batchSize: 10, threads: 1, epochs: 1, ...options });
  const run = await prepare(given, world);
  const { plan, shared, kernel, memory, config } = run;
  const { epochs, seed, logEvery = 0 } = config;
  const control = new Control(memory.control);
  for (let epoch = 1; epoch <= epochs; epoch++) shuffledOrder(memory.epochs[recordIndex(epoch)].order, seed, epoch);
  control.grant(epochs);
  const slices = memory.layers.map(({ inputs }) => ({ index: 0, from: 0, to: inputs + 1 }));
  const task: WorkerTask = {
    ...{ worker: 0, plan, shared, kernel, strategy: 'sliced', optimizer: optimizerOf(config), epochs },
    ...{ start: { epochs: 0, stepsInEpoch: 0 }, stepsDone: 0, checkpointEvery: 0, checkpointEverySteps: 0 },
    ...{ patience: 0, deadline: Number.POSITIVE_INFINITY, logEvery, spins: 0 },
    ...{ slices, firstLayerSlices: [slices[0]!], panels: [{ from: 0, to: memory.layers[0]!.panels.length }] },
    ...{ ranks: undefined, exact: false, privacy: undefined },
    ...more,
  };
  return { run, control, start: () => runWorker(task) };
}

it.each([
  [undefined, 1],
  [1, 7],
  [2, 4],
  [4, 2],
  [7, 1],
])(
  'with --log-every %s it tells the coordinator %i times: of the steps that are to be logged, and of the epoch',
  async (logEvery, times) => {
    const { control, start } = await workerOf(logEvery === undefined ? {} : { logEvery });
    start();
    expect(control.stepsDone(1)).toBe(6);
    expect(control.isFinished(1)).toBe(true);
    expect(control.wakeUps).toBe(times);
  },
);

it('each hold has a ticket of its own', async () => {
  const { start } = await workerOf({ epochs: 2 }, { checkpointEverySteps: 2, checkpointEvery: 1 });
  const tickets: number[] = [];
  const { arrive } = Barrier.prototype;
  vi.spyOn(Barrier.prototype, 'arrive').mockImplementation(function (this: Barrier, last, hold, meanwhile) {
    if (hold) tickets.push(hold.ticket);
    // (Nobody is here who would open a hold.)
    arrive.call(this, last, undefined, meanwhile);
  });
  start();
  vi.restoreAllMocks();
  const { GRANT, SNAPSHOT } = HeldFor;
  const held = [[GRANT, 1], ...[2, 4, 6].map((step) => [SNAPSHOT, step])];
  held.push([GRANT, 2], ...[8, 10].map((step) => [SNAPSHOT, step]));
  expect(tickets).toEqual(held.map(([why, number]) => ticketOf(why as HeldFor, number!)));
});

it('a stop ends an evaluation before its next block', async () => {
  const { run, control, start } = await workerOf({ epochs: 0 });
  control.stop();
  start();
  expect(run.memory.epochs[0].heldOut.loss).toEqual(new Float64Array(20));
  expect(control.isFinished(0)).toBe(false);
});

it('an evaluation notices a loss that is not finite in any of its blocks', async () => {
  for (const sample of [0, 19]) {
    const { run, control, start } = await workerOf({ epochs: 0 });
    const { memory, plan } = run;
    // Blocks of a few samples.
    expect(memory.slots).toBeLessThan(20);
    const { starts, value } = memory.rows;
    const row = plan.trainSamples + sample;
    value.fill(Number.NaN, starts[row], starts[row + 1]);
    start();
    expect(control.diverged).toBe(true);
    expect(control.isFinished(0)).toBe(false);
  }
});

it("the only rank's epoch has the time of its training's exchanges, and not of its evaluation's", async () => {
  const nothing = () => undefined;
  const library = { gather: nothing, sum: nothing } as unknown as MpiLibrary;
  vi.spyOn(MpiLibrary, 'attach').mockReturnValue(library);
  const gather = <T>(value: T) => [value];
  const world = { isFirst: true, rank: 0, ranks: 1, gather, broadcast: nothing, remarkOn: nothing };
  const ranks = { rank: 0, ranks: 1, library: { file: '', abi: 'MPICH' as const } };
  const timeOf = async (batchSize: number) => {
    const { run, start } = await workerOf({ batchSize }, { ranks }, world as unknown as World);
    // By a clock that counts its looks, every exchange takes the same time.
    let looks = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => ++looks);
    start();
    return run.memory.workers[0]!.phaseTimes[recordIndex(1)][Phase.EXCHANGE]!;
  };
  const [ofSix, ofThree] = [await timeOf(10), await timeOf(20)];
  vi.restoreAllMocks();
  expect(ofThree).toBeGreaterThan(0);
  expect(ofSix).toBe(2 * ofThree);
});
