/**
 * When do more machines pay?
 *
 *   node dist/bench/cluster.js [--parts model,local,exact,namespaces] [--threads 2] [--rounds 3] [--epochs 3]
 *                              [--batches 100,1000,4096] [--rates 1gbit,10gbit] [--ranks 2,4] [--limit n] [--json]
 *
 *   local       two ranks of one thread through shared memory against one process of two threads, side by side, turn by turn:
 *               the ratio of their speeds is to be 0.9 at least for batch 1,000
 *   exact       what --exact costs one rank of two threads, and two of one: the ratio of the times with and without it
 *   model       what a step costs on this machine, by its batch, without MPI and with it; from that, and a network's latency
 *               and bandwidth, predictions for 1 to 64 machines like this one (bench/cluster/model.ts)
 *   namespaces  ranks of one thread in network namespaces whose links are limited (bench/cluster/namespaces.sh; needs root),
 *               measured beside the model's prediction for them. Ranks share this machine's cores, and so does the network's
 *               own work, which a network card would do: a prediction for that counts the cores that ranks share.
 *
 * A run's first epoch warms up; its figure is the median of the others. Shown are medians over the rounds, and the spread.
 */
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { measureCollectives, measureTraining, type Place } from './cluster/launch.js';
import {
  allReduceSeconds,
  aloneSeconds,
  fastestBatch,
  fitStep,
  leastBatch,
  type Machine,
  type Network,
  ranksSeconds,
  type StepCost,
  secondsToLoss,
} from './cluster/model.js';
import { namesOf, threadCounts, wholeFrom } from './support/options.js';
import { median, spread } from './support/statistics.js';
import { type Column, heading, row } from './support/table.js';

const PARTS = ['local', 'exact', 'model', 'namespaces'] as const;

/** Seconds a message and bits a second, as such networks have them with TCP (the fastest: with RDMA). */
const NETWORKS: Readonly<Record<string, Network>> = {
  '1 Gbit/s': { alpha: 50e-6, beta: 8 / 1e9 },
  '10 Gbit/s': { alpha: 20e-6, beta: 8 / 10e9 },
  '100 Gbit/s': { alpha: 3e-6, beta: 8 / 100e9 },
};
const MACHINES = [2, 4, 8, 16, 32, 64];
const PREDICTED_BATCHES = [100, 1000, 4096, 16_384, 65_536];
/** By whose times the lines are fitted. */
const FITTED_BATCHES = [50, 200, 800, 3200];
const MNIST_TRAIN = 60_000;
const GRADIENT_BYTES = 4 * 795_010;

interface Options {
  readonly parts: readonly (typeof PARTS)[number][];
  readonly threads: number;
  readonly rounds: number;
  readonly epochs: number;
  readonly batches: readonly number[];
  readonly ranks: readonly number[];
  readonly rates: string;
  readonly limit: number;
  readonly noiseScales: readonly number[];
  readonly json: boolean;
}

const options = new Command('cluster')
  .option('--parts <list>', `of ${PARTS.join(', ')}`, namesOf(PARTS), ['local', 'model'] as const)
  .option('--threads <n>', 'of a machine, for the model', wholeFrom(1), availableParallelism())
  .option('--rounds <n>', 'runs of each point', wholeFrom(1), 3)
  .option('--epochs <n>', 'epochs a run, the first of which warms up', wholeFrom(1), 3)
  .option('--batches <list>', 'batches to measure', threadCounts, [100, 1000, 4096])
  .option('--ranks <list>', 'ranks in namespaces', threadCounts, [2, 4])
  .option('--rates <list>', 'of their links, as tc has them', '1gbit,10gbit')
  .option('--limit <n>', 'training samples', wholeFrom(1), MNIST_TRAIN)
  .option('--noise-scales <list>', 'of the job, for the model', threadCounts, [300, 1300, 10_000])
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

const { rounds, limit, threads } = options;
const batches = options.batches.filter((batch) => batch <= limit);
const cores = availableParallelism();
print(`${cores} cores, Node ${process.versions.node}, ${rounds} rounds, ${limit} samples an epoch`);

if (options.parts.includes('local')) reportLocal();
if (options.parts.includes('exact')) reportExact();
if (options.parts.includes('model')) reportModel(measureMachine(threads));
if (options.parts.includes('namespaces')) reportNamespaces(measureMachine(1));

function argsOf(batch: number, ofThreads: number): readonly string[] {
  // (Gradients are summed: the rate is per sample.)
  const lr = 0.1 / batch;
  return [
    ...['--batch-size', `${batch}`, '--lr', `${lr}`, '--threads', `${ofThreads}`],
    ...['--limit', `${limit}`, '--epochs', `${options.epochs}`],
  ];
}

function reportLocal(): void {
  const columns: readonly Column[] = [
    { title: 'local', width: 12 },
    ...['2 threads, s', '2 ranks, s', 'ratio', 'min', 'max', 'exchange', "losses' difference"].map((title) => ({
      title,
      width: Math.max(8, title.length),
    })),
  ];
  print(`\n${heading(columns)}`);
  for (const batch of batches) {
    const pairs = Array.from({ length: rounds }, () => ({
      one: measureTraining(argsOf(batch, 2)),
      two: measureTraining(argsOf(batch, 1), { ranks: 2 }),
    }));
    const ratios = pairs.map(({ one, two }) => one.seconds / two.seconds);
    const one = median(pairs.map((pair) => pair.one.seconds));
    const two = median(pairs.map((pair) => pair.two.seconds));
    const exchange = median(pairs.map((pair) => pair.two.exchangeFraction));
    const difference = Math.max(...pairs.map((pair) => Math.abs(pair.one.loss - pair.two.loss)));
    const { min, max } = spread(ratios);
    report(
      {
        ...{ part: 'local', batch_size: batch, threads_seconds: one, ranks_seconds: two, ratio: median(ratios) },
        ...{ ratio_min: min, ratio_max: max, exchange_fraction: exchange, loss_difference: difference },
      },
      row(columns, [
        `batch ${batch}`,
        ...[one, two].map((seconds) => seconds.toFixed(3)),
        ...[median(ratios), min, max, exchange].map((value) => value.toFixed(2)),
        difference.toExponential(1),
      ]),
    );
  }
}

function reportExact(): void {
  const columns: readonly Column[] = [
    { title: 'exact', width: 30 },
    ...['without, s', 'with, s', 'ratio', 'min', 'max'].map((title) => ({ title, width: Math.max(6, title.length) })),
  ];
  print(`\n${heading(columns)}`);
  for (const batch of batches) {
    for (const ranks of [1, 2]) {
      const args = argsOf(batch, 2 / ranks);
      const pairs = Array.from({ length: rounds }, () => ({
        without: measureTraining(args, { ranks }).seconds,
        exact: measureTraining([...args, '--exact'], { ranks }).seconds,
      }));
      const ratios = pairs.map(({ without, exact }) => exact / without);
      const without = median(pairs.map((pair) => pair.without));
      const exact = median(pairs.map((pair) => pair.exact));
      const { min, max } = spread(ratios);
      report(
        {
          ...{ part: 'exact', ranks, batch_size: batch, seconds: without, exact_seconds: exact },
          ...{ ratio: median(ratios), ratio_min: min, ratio_max: max },
        },
        row(columns, [
          `${ranks} rank${ranks === 1 ? '' : 's'}, batch ${batch}`,
          ...[without, exact].map((seconds) => seconds.toFixed(3)),
          ...[median(ratios), min, max].map((value) => value.toFixed(2)),
        ]),
      );
    }
  }
}

/** What a step costs here, without MPI and with it; and what adding costs, by the ranks' own all-reduce. */
function measureMachine(ofThreads: number): Machine {
  const points = { alone: [] as [number, number][], ranked: [] as [number, number][] };
  for (let round = 0; round < rounds; round++) {
    for (const batch of FITTED_BATCHES.filter((each) => each <= limit)) {
      const steps = Math.ceil(limit / batch);
      points.alone.push([batch, measureTraining(argsOf(batch, ofThreads)).seconds / steps]);
      points.ranked.push([batch, measureTraining(argsOf(batch, ofThreads), { ranks: 1 }).seconds / steps]);
    }
  }
  const lineThrough = (which: readonly [number, number][]): StepCost =>
    fitStep(which.map(([batch, seconds]) => ({ batch, seconds })));
  // Through shared memory, what two ranks' all-reduce takes is adding and copying.
  const local = measureCollectives({ ranks: 2 }, 20).allreduce.at(-1)!;
  return {
    ...{ alone: lineThrough(points.alone), ranked: lineThrough(points.ranked) },
    ...{ gamma: local.seconds / local.bytes / 2, gradientBytes: GRADIENT_BYTES },
  };
}

function reportModel(machine: Machine): void {
  const { alone, ranked, gamma } = machine;
  const line = ({ fixed, perSample }: StepCost) =>
    `${(fixed * 1e3).toFixed(2)} ms + ${(perSample * 1e6).toFixed(1)} µs a sample`;
  report(
    { part: 'machine', threads, alone, ranked, seconds_to_add_a_byte: gamma },
    `\na step of ${threads} threads: ${line(alone)} without MPI, ${line(ranked)} as one rank; ` +
      `to add 3.2 MB ${(gamma * GRADIENT_BYTES * 1e3).toFixed(2)} ms`,
  );
  const columns: readonly Column[] = [
    { title: 'speed-up', width: 24 },
    ...MACHINES.map((ranks) => ({ title: `${ranks}`, width: 6 })),
  ];
  print(`\n${heading(columns)}`);
  for (const [name, network] of Object.entries(NETWORKS)) {
    for (const batch of PREDICTED_BATCHES) {
      const speedUps = MACHINES.map(
        (ranks) => aloneSeconds(machine, batch) / ranksSeconds(machine, network, ranks, batch),
      );
      report(
        { part: 'model', network: name, batch_size: batch, machines: MACHINES, speed_ups: speedUps },
        row(columns, [`${name}, batch ${batch}`, ...speedUps.map((each) => each.toFixed(2))]),
      );
    }
  }
  const FACTORS = [1, 1.5, 1.8];
  print(`\nthe least batch from which two machines are as fast as one, 1.5 and 1.8 times as fast`);
  for (const [name, network] of Object.entries(NETWORKS)) {
    const least = FACTORS.map((factor) => leastBatch(machine, network, 2, factor));
    const allReduceMs = allReduceSeconds(network, gamma, 2, GRADIENT_BYTES) * 1e3;
    report(
      {
        ...{ part: 'least_batch', network: name, factors: FACTORS, all_reduce_ms: allReduceMs },
        batches: least.map((batch) => (Number.isFinite(batch) ? batch : null)),
      },
      `${name}: ${least.join(', ')} (all-reduce ${allReduceMs.toFixed(1)} ms)`,
    );
  }
  reportNoise(machine);
}

/** What more machines gain if each number of them has the batch that suits it. */
function reportNoise(machine: Machine): void {
  const columns: readonly Column[] = [
    { title: 'noise scale, batch of one', width: 32 },
    ...MACHINES.map((ranks) => ({ title: `${ranks}`, width: 14 })),
  ];
  print(`\ngain over one machine in time to the same loss, each with its best batch\n${heading(columns)}`);
  for (const noise of options.noiseScales) {
    for (const [name, network] of Object.entries(NETWORKS)) {
      const fastest = (ranks: number | undefined) => {
        const batch = fastestBatch(machine, network, ranks, noise, FITTED_BATCHES[0]!);
        return { batch, seconds: secondsToLoss(machine, network, ranks, batch, noise) };
      };
      const one = fastest(undefined);
      const found = MACHINES.map(fastest);
      const gains = found.map(({ seconds }) => one.seconds / seconds);
      report(
        {
          ...{ part: 'noise', noise_scale: noise, network: name, machines: MACHINES, gains },
          ...{ batch_sizes: found.map(({ batch }) => batch), batch_size_alone: one.batch },
        },
        row(columns, [
          `${noise}, ${name}, alone ${one.batch}`,
          ...gains.map((gain, i) => `${gain.toFixed(2)} (${found[i]!.batch})`),
        ]),
      );
    }
  }
}

function reportNamespaces(machine: Machine): void {
  const columns: readonly Column[] = [
    { title: 'namespaces', width: 26 },
    ...['α, µs', 'Gbit/s', 'measured, s', 'min', 'max', 'predicted, s', 'exchange'].map((title) => ({
      title,
      width: Math.max(7, title.length),
    })),
  ];
  print(`\n${heading(columns)}`);
  for (const rate of options.rates.split(',')) {
    for (const ranks of options.ranks) {
      const place: Place = { ranks, rate };
      const network = networkOf(place, machine.gamma);
      for (const batch of batches) {
        const runs = Array.from({ length: rounds }, () => measureTraining(argsOf(batch, 1), place));
        const seconds = runs.map((each) => each.seconds);
        const slowdown = Math.max(1, ranks / cores);
        const predicted = ranksSeconds(machine, network, ranks, batch, slowdown) * Math.ceil(limit / batch);
        const { min, max } = spread(seconds);
        const exchange = median(runs.map((each) => each.exchangeFraction));
        report(
          {
            ...{ part: 'namespaces', rate, ranks, batch_size: batch, alpha_seconds: network.alpha },
            ...{
              gbit_per_second: 8 / network.beta / 1e9,
              seconds: median(seconds),
              seconds_min: min,
              seconds_max: max,
            },
            ...{ predicted_seconds: predicted, exchange_fraction: exchange },
          },
          row(columns, [
            `${rate}, ${ranks} ranks, batch ${batch}`,
            ...[(network.alpha * 1e6).toFixed(0), (8 / network.beta / 1e9).toFixed(2)],
            ...[median(seconds), min, max, predicted].map((value) => value.toFixed(3)),
            exchange.toFixed(2),
          ]),
        );
      }
    }
  }
}

/** What the ranks' own all-reduces say of the network that joins them: of one number, and of all gradients. */
function networkOf(place: Place, gamma: number): Network {
  const { ranks, allreduce } = measureCollectives(place, 10);
  const [small, large] = [allreduce[0]!, allreduce.at(-1)!];
  const rounds = Math.ceil(Math.log2(ranks));
  const part = (ranks - 1) / ranks;
  const alpha = small.seconds / rounds;
  const beta = Math.max(0, large.seconds - 2 * rounds * alpha - part * large.bytes * gamma) / (2 * part * large.bytes);
  return { alpha, beta };
}

function report(line: Readonly<Record<string, unknown>>, text: string): void {
  console.log(options.json ? JSON.stringify(line) : text);
}

function print(text: string): void {
  if (!options.json) console.log(text);
}
