/** Consistency checks: a file with a valid checksum may still come from another program. */

import type { Values } from '../files/safetensors.js';
import { type KernelName, realsOf } from '../kernels/builds.js';
import { hasGradientsOf } from '../metrics/gradient-noise.js';
import type { RunState } from '../metrics/run-state.js';
import { DEFAULT_OBJECTIVE, objectiveOfLoss } from '../model/objectives/index.js';
import type { ModelDescription } from './model-file.js';

interface Contents extends ModelDescription {
  readonly kernel: KernelName;
  readonly state: RunState;
  readonly values: Values;
  readonly moments: readonly Values[];
  readonly best: Values | undefined;
  readonly secret: Uint8Array | undefined;
}

/** A contradiction, which would make the resumed run hang, fail or give wrong results; undefined if there is none. */
export function contradictionOf({
  layers,
  activation,
  objective,
  targets,
  config,
  kernel,
  dataset,
  table,
  state,
  values,
  moments,
  best,
  secret,
}: Contents): string | undefined {
  const { hidden, batchSize, limit, epochs, logEvery = 0, validationSplit } = config;
  const { train, validation = 0 } = dataset;
  const { stepsInEpoch, epochSums } = state;
  const stepsPerEpoch = Math.ceil(dataset.train / batchSize);
  const rules: readonly (readonly [isKept: boolean, broken: string])[] = [
    [layers.slice(1, -1).join() === hidden.join(), 'its layers do not match its configuration'],
    [activation === config.activation, 'its activation does not match its configuration'],
    [
      [values, ...moments, ...(best ? [best] : [])].every(
        (each) => each instanceof Float64Array === (realsOf(kernel) === 'float64'),
      ),
      'the type of its tensors does not match its kernel',
    ],
    [[values, ...(best ? [best] : [])].every((each) => each.every(Number.isFinite)), 'its weights are not all finite'],
    [(table?.scale ?? 'none') === config.scale, 'its scaling does not match its configuration'],
    [
      table?.targets?.length
        ? config.target?.length === table.targets.length
        : (table !== undefined) === (config.label !== undefined),
      'it has class names without a label, or a label without class names',
    ],
    [
      (table?.weight !== undefined) === (config.weight !== undefined),
      'its weight column does not match its configuration',
    ],
    [
      objective === (targets.length > 0 ? objectiveOfLoss(config.loss) : DEFAULT_OBJECTIVE),
      'its objective does not match its configuration',
    ],
    [batchSize <= dataset.train, 'its batch size exceeds its number of samples'],
    [limit === undefined || limit === train + validation, 'its limit does not match its number of samples'],
    [
      validationSplit === undefined ? validation === 0 : validation > 0,
      'its number of validation samples does not match its configuration',
    ],
    [
      (validation > 0 && state.epochs > 0) === (state.best !== undefined),
      'it has a best epoch without validation samples, or validation samples without a best epoch',
    ],
    [
      (config.schedule === 'plateau') === (state.plateau !== undefined),
      'its learning rate does not match its configuration',
    ],
    [logEvery === state.logEvery, 'its log interval does not match its configuration'],
    [state.epochs + (stepsInEpoch > 0 ? 1 : 0) <= epochs, 'it is beyond its last epoch'],
    [config.private === (secret !== undefined), 'it is private without a secret, or has a secret and is not private'],
    [stepsInEpoch <= stepsPerEpoch, 'it is beyond the last step of its epoch'],
    [
      !state.gradients || hasGradientsOf(state.gradients, layers.length - 1),
      'its norms of gradients do not match its layers',
    ],
    [
      epochSums.samples === (config.private ? 0 : Math.min(stepsInEpoch * batchSize, dataset.train)),
      'its sums do not match its number of steps',
    ],
  ];
  return rules.find(([isKept]) => !isKept)?.[1];
}
