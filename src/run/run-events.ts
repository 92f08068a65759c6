/** Builds start and epoch events. */

import { optimizerOf, recordOfConfig } from '../config/options.js';
import { recordIndex } from '../memory/layout.js';
import { stepsPerEpoch } from '../memory/plan.js';
import type { Ledger } from '../metrics/epoch-metrics.js';
import { type EpochEvent, SCHEMA, type StartEvent } from '../metrics/events.js';
import type { ObjectiveName } from '../model/objectives/index.js';
import { parameterCount } from '../model/parameters.js';
import { Optimizer } from '../optim/optimizer.js';
import type { World } from '../parallel/mpi/world.js';
import { phaseFractions } from '../parallel/phase-times.js';
import type { ThreadChoice } from '../parallel/thread-choice.js';
import type { Run } from './prepare.js';

/** Copies arrays, because consumers may change events. */
export function startEvent(run: Run, beganAt: number, world: World | undefined): StartEvent {
  const { config, privacy, threadChoice, plan, kernel, memory, dataset, start, resumedFrom: file } = run;
  const { targets } = dataset;
  return {
    event: 'start',
    schema: SCHEMA,
    time: new Date(beganAt).toISOString(),
    config: recordOfConfig(config),
    dataset: {
      name: dataset.name,
      train: plan.trainSamples,
      ...(plan.validationSamples > 0 && { validation: plan.validationSamples }),
      test: plan.testSamples,
      inputs: dataset.inputs,
      ...(targets.length > 0 ? { targets: targets.map((target) => ({ ...target })) } : { classes: dataset.classes }),
      ...(targets.length === 0 && dataset.table && { class_names: [...dataset.table.classNames] }),
      ...(!plan.privacy && { density: dataset.density }),
    },
    ...(dataset.columns && {
      columns: dataset.columns.map((column) => ({ ...column, levels: column.levels && [...column.levels] })),
    }),
    objective: plan.objective as ObjectiveName,
    model: { layers: [...plan.layers], parameters: parameterCount(memory.layers) },
    ...(privacy && { privacy: { ...privacy.planned } }),
    threads: config.threads,
    ...(threadChoice && { thread_choice: choiceRecord(threadChoice) }),
    ...(world && { ranks: world.ranks, rank: world.rank, mpi: world.version }),
    kernel: kernel.name,
    ...(kernel.module && { vector_bits: kernel.vectorBits }),
    node: process.versions.node,
    ...(file !== undefined && { resumed: { file, epochs: start.epochs, step: start.step } }),
  };
}

function choiceRecord({ cores, stepSeconds, barrierSeconds }: ThreadChoice) {
  return { cores, step_seconds: stepSeconds, barrier_seconds: barrierSeconds ?? null };
}

export function epochEvent({ memory, config, plan, privacy }: Run, epoch: number, ledger: Ledger): EpochEvent {
  const fractions = phaseFractions(memory.workers, epoch);
  const { seconds, samples_per_second, ...metrics } = ledger.epoch(epoch);
  const isScheduled = config.schedule !== 'constant' || config.warmupSteps > 0;
  const steps = stepsPerEpoch(plan);
  const { rateFactor } = memory.epochs[recordIndex(epoch)];
  const lr =
    isScheduled && new Optimizer(optimizerOf(config), config.epochs, steps, rateFactor).rate(epoch * steps - 1);
  return {
    ...metrics,
    ...(privacy && { epsilon: privacy.epsilon(metrics.step), delta: privacy.planned.delta }),
    ...(lr !== false && { lr }),
    ...{ seconds, samples_per_second },
    wait_fraction: fractions.wait,
    phase_fractions: fractions,
  };
}
