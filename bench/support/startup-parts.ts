/**
 * A run's start in a fresh process, part by part: what bin/train.ts does until the first step, in the same order, with the
 * time after each part. bench/startup.ts starts it; its arguments are those of `train`.
 *
 * Nothing is imported before the first mark, which is the first line of ours that runs.
 */
const marks: [part: string, at: number][] = [];
mark('node');

const { parseTrainCommand } = await import('../../bin/commands/train-options.js');
const { loadDataset } = await import('../../src/data/sources.js');
const { atOnce } = await import('../../src/data/table/steps.js');
const { chooseKernel } = await import('../../src/kernels/builds.js');
const { fastestForm } = await import('../../src/kernels/forms.js');
const { bytesNeeded, createSharedMemory, layOut } = await import('../../src/memory/layout.js');
const { drawInitialValues } = await import('../../src/model/initial-values.js');
const { optimizerOf, withDefaults } = await import('../../src/config/options.js');
const { densityOf, nonzerosOf, planOf, usedOf, writeSamples } = await import('../../src/run/run-memory.js');
const { freshState } = await import('../../src/metrics/run-state.js');
await import('../../src/output/output.js');
await import('../../src/run/train.js');
mark('imports');

const config = withDefaults(parseTrainCommand(process.argv.slice(2))!.options);
const build = chooseKernel(config.kernel);
mark('options, kernel build');

const dataset = await loadDataset(config.data);
mark('data read and checked');

const used = atOnce(usedOf(dataset, config.limit ?? dataset.train.count, config));
const nonzeros = atOnce(nonzerosOf(used));
mark('nonzeros counted');

const planFor = (choice: typeof build) => planOf(config, choice, used, nonzeros);
const kernel = fastestForm(build, config.vectorBits, densityOf(used, nonzeros), planFor);
const plan = planFor(kernel);
mark('kernel form');

const shared = createSharedMemory(bytesNeeded(plan));
const memory = layOut(plan, shared);
mark('memory');

atOnce(writeSamples(memory, plan, used));
mark('sparse rows');

drawInitialValues(memory.layers, config.seed);
mark('initial values');

const { Coordinator } = await import('../../src/parallel/coordinator.js');
const { strategy, epochs, seed } = config;
const run = {
  strategy,
  optimizer: optimizerOf(config),
  epochs,
  logEvery: 1,
  seed,
  patience: 0,
  deadline: Number.POSITIVE_INFINITY,
};
const beginning = {
  ranks: undefined,
  exact: false,
  start: freshState(plan),
  stepsDone: 0,
  checkpointEvery: 0,
  checkpointEverySteps: 0,
};
const job = { plan, shared, kernel, privacy: undefined, ...run, ...beginning };
const coordinator = new Coordinator(job, memory);
mark('threads made, orders drawn');

while (coordinator.stepsDone === 0) {
  const { outcome, change } = coordinator.look();
  if (outcome !== undefined) throw coordinator.failure ?? new Error(`the team ${outcome} before its first step`);
  await change();
}
const [began = 0] = coordinator.record.times;
marks.push(['threads up', began], ['first step', coordinator.record.stepEnds[0]!]);
await coordinator.close();
console.log(JSON.stringify({ marks }));

function mark(part: string): void {
  marks.push([part, performance.timeOrigin + performance.now()]);
}
