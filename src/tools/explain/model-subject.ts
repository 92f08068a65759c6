/** A saved model as a subject, with the samples of its data. */
import path from 'node:path';
import type { ModelData } from '../../checkpoints/model-file.js';
import type { Samples } from '../../data/samples.js';
import { scaledPixels } from '../../data/scaled-pixels.js';
import { standardized } from '../../data/targets.js';
import { errors } from '../../errors.js';
import { parseJsonOr } from '../../files/json.js';
import { fieldsOf } from '../../files/type-guards.js';
import { activationNeeds } from '../../kernels/activations.js';
import { chooseKernel } from '../../kernels/builds.js';
import { OPTIMIZERS } from '../../optim/optimizer.js';
import { SCHEDULES } from '../../optim/schedule.js';
import { onOneLine } from '../../text/printable.js';
import { snakeCase } from '../../text/words.js';
import type { Network } from '../network.js';
import type { Split, TrainingFacts } from './asks.js';
import type { Given, NetworkShape } from './derivation.js';
import { differencesOf } from './differences.js';
import { hardestOf } from './hardest.js';
import { inputNamesOf } from './input-names.js';
import { skipsZeros } from './skipped-zeros.js';
import { MOST_PARAMETERS, parametersOf, type Subject, type SubjectFacts } from './subject.js';

export interface ExplainedData {
  readonly train: Samples;
  readonly test: Samples;
}

const PRIVATE = 'the training samples of a private model are secret';

export class ModelSubject implements Subject {
  readonly shape: NetworkShape;
  readonly facts: SubjectFacts;
  readonly #values: Float32Array;
  readonly #samples: Readonly<Record<Split, Samples | undefined>>;
  readonly #network: Network;

  /** @throws LockstepError if the network is too large */
  constructor(model: ModelData, network: Network, { train, test }: ExplainedData) {
    const { layers, activation, file } = model;
    requireSize(file, layers);
    const { objective, facts, classNames, targets, table, kernel } = network;
    const isPrivate = model.metadata.privacy !== undefined;
    const config = fieldsOf(parseJsonOr(model.metadata.config, undefined));
    this.shape = { layers, activation, objective, facts };
    this.#values = Float32Array.from(model.values);
    this.#network = network;
    this.#samples = { train: isPrivate ? undefined : train, validation: undefined, test };
    const side = Math.round(Math.sqrt(layers[0]!));
    const isPicture = !table && side * side === layers[0];
    const hardest = hardestOf(network, test);
    this.facts = {
      title: onOneLine(path.basename(file)),
      isLive: false,
      classNames: classNames.map((name) => (typeof name === 'string' ? onOneLine(name) : name)),
      targets: targets.map(({ name, ...spread }) => ({ name: onOneLine(name), ...spread })),
      huberDelta: facts.huberDelta,
      ...(isPicture && { picture: { height: side, width: side } }),
      ...(table && { inputNames: inputNamesOf(table) }),
      samples: { train: this.#samples.train?.count ?? 0, validation: 0, test: test.count },
      ...(hardest.length > 0 && { hardest: { split: 'test', indices: hardest } }),
      ...(isPrivate && { withoutTraining: PRIVATE }),
      ...((facts.isWeighted || config.class_weights != null) && { isWeighted: true }),
      skipsZeros: skipsZeros(layers, chooseKernel(kernel), activationNeeds(activation).hiddenForm, this.#density(test)),
      kernel,
      training: trainingIn(config),
    };
  }

  parameters(): Float32Array {
    return this.#values;
  }

  sample(split: Split, index: number): Given {
    return this.#sampleOf(this.#samples[split]!, index);
  }

  #sampleOf({ values, table, targets, targetWidth = 1 }: Samples, index: number): Given {
    const count = this.shape.layers[0]!;
    const { targets: goals } = this.#network;
    const own = targets.subarray(index * targetWidth, (index + 1) * targetWidth);
    const target = goals.length > 0 ? standardized(own, goals) : own;
    if (!table) {
      const row = values.subarray(index * count, (index + 1) * count);
      return { inputs: row instanceof Uint8Array ? scaledPixels(row) : row, target };
    }
    const inputs = new Float32Array(count);
    const row = table.row(index, count);
    for (let k = 0; k < row.length; k++) inputs[row.index[k]!] = row.value[k]!;
    return { inputs, target };
  }

  /** Of some samples: the fraction of inputs that are not 0. */
  #density(samples: Samples): number {
    const count = Math.min(samples.count, 100);
    let nonzeros = 0;
    for (let s = 0; s < count; s++) {
      const { inputs } = this.#sampleOf(samples, s);
      for (let i = 0; i < inputs.length; i++) nonzeros += Number(inputs[i] !== 0);
    }
    return count === 0 ? 0 : nonzeros / (count * this.shape.layers[0]!);
  }
}

/** @throws LockstepError */
export function requireSize(file: string, layers: readonly number[]): void {
  const parameters = parametersOf(layers);
  if (parameters > MOST_PARAMETERS) throw errors.tooLargeToExplain(file, parameters, MOST_PARAMETERS);
}

function trainingIn(config: ReturnType<typeof fieldsOf>): TrainingFacts {
  const { lr, reduction, batch_size: batchSize, optimizer, schedule, momentum } = config;
  return {
    ...(typeof lr === 'number' && lr > 0 && { rate: lr }),
    ...((reduction === 'sum' || reduction === 'mean') && { reduction }),
    ...(Number.isSafeInteger(batchSize) && (batchSize as number) > 0 && { batchSize: batchSize as number }),
    ...(isNameIn(OPTIMIZERS, optimizer) && { optimizer }),
    ...(isNameIn(SCHEDULES, schedule) && { schedule }),
    ...(typeof momentum === 'number' && momentum > 0 && momentum < 1 && { momentum }),
    differences: differencesOf((option) => config[snakeCase(option)]),
  };
}

function isNameIn(names: readonly string[], value: unknown): value is string {
  return names.includes(value as string);
}
