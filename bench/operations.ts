/**
 * Where is an epoch's time spent? One thread runs the reference's epoch and times each operation.
 *
 *   node dist/bench/operations.js [--kernel auto] [--vector-bits auto] [--data mnist] [--hidden 1000] [--batch-size 100]
 *                                 [--epochs 5] [--json]
 *
 * The first epoch is the warm-up. Shown are medians and ranges of the others, and for products the rate of multiply-adds
 * (skipped zeros do not count) in GFLOP/s. Seconds are processor time, so that other programs matter little.
 */
import { Command, Option } from 'commander';
import { checkOptions } from '../src/config/options.js';
import { shuffledOrder } from '../src/data/order.js';
import { createKernel, type KernelName } from '../src/kernels/builds.js';
import { VECTOR_BITS, type VectorBits } from '../src/kernels/forms.js';
import { placeHiddenRows, placeSamples } from '../src/memory/rows.js';
import { SoftmaxCrossEntropy } from '../src/model/objectives/softmax-cross-entropy.js';
import { prepare } from '../src/run/prepare.js';
import { wholeFrom } from './support/options.js';
import { median, spread } from './support/statistics.js';

interface Options {
  readonly kernel: KernelName | 'auto';
  readonly vectorBits: VectorBits;
  readonly data: string;
  readonly hidden: string;
  readonly batchSize: number;
  readonly epochs: number;
  readonly json: boolean;
}

const options = new Command('operations')
  .option('--kernel <name>', 'as of train', 'auto')
  .addOption(new Option('--vector-bits <name>', 'as of train').choices(VECTOR_BITS).default('auto'))
  .option('--data <source>', 'as of train', 'mnist')
  .option('--hidden <widths>', 'as of train, without none', '1000')
  .option('--batch-size <n>', 'as of train', wholeFrom(1), 100)
  .option('--epochs <n>', 'of which the first warms up', wholeFrom(2), 5)
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

const run = await prepare(
  checkOptions({
    threads: 1,
    kernel: options.kernel,
    vectorBits: options.vectorBits,
    data: options.data,
    hidden: options.hidden.split(',').map(Number),
    batchSize: options.batchSize,
  }),
);
const { memory, plan } = run;
const { layers } = memory;
const kernel = createKernel(run.kernel, plan.activation, run.shared, memory, 0);
const loss = new SoftmaxCrossEntropy(memory);
const last = layers.length - 1;
const allPanels = layers.map(({ panels }) => ({ from: 0, to: panels.length }));
const allRows = layers.map(({ inputs }) => ({ index: 0, from: 0, to: inputs + 1 }));

placeHiddenRows(memory);

/** Seconds and multiply-adds of each operation in this epoch. */
const seconds = new Map<string, number>();
const products = new Map<string, number>();

const epochs: Map<string, number>[] = [];
for (let epoch = 1; epoch <= options.epochs; epoch++) {
  seconds.clear();
  products.clear();
  trainEpoch(epoch);
  if (epoch > 1) epochs.push(new Map(seconds));
}
report();

function trainEpoch(epoch: number): void {
  const { order } = memory.epochs[0];
  shuffledOrder(order, 1, epoch);
  for (let first = 0; first + plan.batchSize <= plan.trainSamples; first += plan.batchSize) {
    step(order.subarray(first, first + plan.batchSize));
  }
}

function step(batch: Uint32Array): void {
  const size = batch.length;
  placeSamples(memory, (slot) => batch[slot]!, 0, size);
  for (const l of layers.keys()) {
    const forward = () => {
      if (l > 0) kernel.findBlocks(l, 0, size);
      kernel.forward(l, allPanels[l]!, 0, size);
    };
    time(`forward, layer ${l}`, forward, l);
    if (l < last) time(`ReLU, layer ${l}`, () => kernel.activate(l, 0, size));
  }
  time('loss', () => {
    for (const [slot, sample] of batch.entries()) loss.differentiate(slot, sample);
  });
  for (let l = last; l > 0; l--) time(`backward, layer ${l}`, () => kernel.backward(l, 0, size), l);
  for (const l of layers.keys()) {
    time(`transpose, layer ${l}`, () => kernel.transpose(l, allRows[l]!, size));
    time(`step, layer ${l}`, () => kernel.step(l, allRows[l]!, allPanels[l]!, size, 0.001), l);
  }
}

/** @param layer  the layer whose nonzero inputs times outputs are the operation's multiply-adds */
function time(name: string, act: () => void, layer?: number): void {
  const start = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(start);
  seconds.set(name, (seconds.get(name) ?? 0) + (user + system) / 1e6);
  if (layer === undefined) return;
  const { inputRows, outputs } = layers[layer]!;
  let nonzeros = 0;
  for (let slot = 0; slot < plan.batchSize; slot++) nonzeros += inputRows.lengths[slot]!;
  products.set(name, (products.get(name) ?? 0) + nonzeros * outputs);
}

function report(): void {
  const node = process.versions.node;
  const batch = options.batchSize;
  const { name: kernelName, vectorBits } = run.kernel;
  if (!options.json) {
    const job = `${options.data}, hidden ${options.hidden}, batch ${batch}`;
    console.log(`Node ${node}, kernel ${kernelName}, ${vectorBits} bits, ${job}`);
  }
  let sum = 0;
  for (const name of seconds.keys()) {
    const times = epochs.map((epoch) => epoch.get(name)!);
    const middle = median(times);
    const { min, max } = spread(times);
    const gflops = products.has(name) ? (2 * products.get(name)!) / middle / 1e9 : undefined;
    sum += middle;
    if (options.json)
      console.log(
        JSON.stringify({
          ...{ node, kernel: kernelName, vector_bits: vectorBits, batch },
          ...{ operation: name, seconds: middle, min, max, gflops },
        }),
      );
    else
      console.log(
        `${name.padEnd(20)} ${middle.toFixed(3)} s (${min.toFixed(3)} to ${max.toFixed(3)})${gflops === undefined ? '' : `  ${gflops.toFixed(1)} GFLOP/s`}`,
      );
  }
  if (!options.json) console.log(`${'sum'.padEnd(20)} ${sum.toFixed(3)} s an epoch`);
}
