/** Whether what a checkpoint says fits together: a file may have a right checksum, and another writer. */
import type { KernelName } from '../kernels/kernel.js';
import type { Values } from '../model/safetensors.js';
import type { RunState } from '../state.js';
import type { ModelDescription } from './model-file.js';

interface Parts extends ModelDescription {
  readonly kernel: KernelName;
  readonly state: RunState;
  readonly values: Values;
  readonly moments: readonly Values[];
}

/** What cannot be in a checkpoint that a run wrote, and would make the run that goes on from it hang, fail or lie. */
export function contradictionOf({
  layers,
  config,
  kernel,
  dataset,
  state,
  values,
  moments,
}: Parts): string | undefined {
  const { hidden, batchSize, limit, epochs, logEvery = 0 } = config;
  const { stepsInEpoch, epochSums } = state;
  const stepsPerEpoch = Math.ceil(dataset.train / batchSize);
  const rules: readonly (readonly [isKept: boolean, broken: string])[] = [
    [layers.slice(1, -1).join() === hidden.join(), 'its layers are not those of its configuration'],
    [
      [values, ...moments].every((each) => each instanceof Float64Array === (kernel === 'reference')),
      'its tensors are not of the type that its kernel has',
    ],
    [values.every(Number.isFinite), 'its weights are not all finite'],
    [batchSize <= dataset.train, 'its batch is larger than its data'],
    [limit === undefined || limit === dataset.train, 'its limit is not the number of its samples'],
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
