/** Whether a kernel leaves out the inputs that are 0. */
import type { KernelChoice } from '../../kernels/builds.js';
import { formOf } from '../../memory/layer-memory.js';
import { PLAIN, type Plan, type RowForm } from '../../memory/plan.js';

/**
 * By layer.
 *
 * @param density  fraction of the samples' inputs that are not 0
 */
export function skipsZeros(
  layers: readonly number[],
  { needs, denseFrom }: Pick<KernelChoice, 'needs' | 'denseFrom'>,
  hiddenForm: RowForm,
  density: number,
): boolean[] {
  const inputForm: RowForm = density >= denseFrom ? 'dense' : 'sparse';
  const plan: Plan = {
    ...{ ...PLAIN, layers, trainSamples: 1, testSamples: 0, storedInputs: 0, batchSize: 1, threads: 1 },
    ...{ ...needs, activation: '', hiddenForm, inputForm },
  };
  return layers.slice(1).map((_, l) => formOf(plan, l) === 'sparse');
}
