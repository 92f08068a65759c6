/** Whether what a checkpoint says fits together: a file may have a right checksum, and another writer. */

import type { Values } from '../files/safetensors.js';
import type { KernelName } from '../kernels/builds.js';
import type { RunState } from '../metrics/run-state.js';
import type { ModelDescription } from './model-file.js';

interface Contents extends ModelDescription {
  readonly kernel: KernelName;
  readonly state: RunState;
  readonly values: Values;
  readonly moments: readonly Values[];
  readonly best: Values | undefined;
}

/** What cannot be in a checkpoint that a run wrote, and would make the run that goes on from it hang, fail or lie. */
export function contradictionOf({
  layers,
  config,
  kernel,
  dataset,
  table,
  state,
  values,
  moments,
  best,
}: Contents): string | undefined {
  const { hidden, batchSize, limit, epochs, logEvery = 0, validationSplit } = config;
  const { train, validation = 0 } = dataset;
  const { stepsInEpoch, epochSums } = state;
  const stepsPerEpoch = Math.ceil(dataset.train / batchSize);
  const rules: readonly (readonly [isKept: boolean, broken: string])[] = [
    [layers.slice(1, -1).join() === hidden.join(), 'its layers are not those of its configuration'],
    [
      [values, ...moments, ...(best ? [best] : [])].every(
        (each) => each instanceof Float64Array === (kernel === 'reference'),
      ),
      'its tensors are not of the type that its kernel has',
    ],
    [[values, ...(best ? [best] : [])].every((each) => each.every(Number.isFinite)), 'its weights are not all finite'],
    [(table?.scale ?? 'none') === config.scale, 'its scaling is not that of its configuration'],
    [
      (table !== undefined) === (config.label !== undefined),
      'it has the classes of a table without a label, or none with one',
    ],
    [batchSize <= dataset.train, 'its batch is larger than its data'],
    [limit === undefined || limit === train + validation, 'its limit is not the number of its samples'],
    [
      validationSplit === undefined ? validation === 0 : validation > 0,
      'its validation samples are not as many as were split off',
    ],
    [
      (validation > 0 && state.epochs > 0) === (state.best !== undefined),
      'it has a best epoch without validation samples, or none with them',
    ],
    [logEvery === state.logEvery, 'its step events are not those of its configuration'],
    [state.epochs + (stepsInEpoch > 0 ? 1 : 0) <= epochs, 'it is beyond its last epoch'],
    [stepsInEpoch <= stepsPerEpoch, 'it is beyond the last step of its epoch'],
    [
      epochSums.samples === Math.min(stepsInEpoch * batchSize, dataset.train),
      'its sums are not of the steps it has done',
    ],
  ];
  return rules.find(([isKept]) => !isKept)?.[1];
}
