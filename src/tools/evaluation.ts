/** How well a network does on samples whose classes are known. */
import type { Samples } from '../data/samples.js';
import type { EvaluationEvent } from '../metrics/events.js';
import { meanOf } from '../metrics/sums.js';
import type { Network } from './network.js';

/** What evaluating gives, but for where model and samples came from. */
export type Evaluation = Pick<EvaluationEvent, 'test_loss' | 'test_error' | 'classes' | 'confusion'>;

/**
 * Loss and error are those that training has at its end, to the last digit, with the same kernel: each sample is computed in
 * the same way, and they are added up in the same order.
 *
 * @throws LockstepError if the samples have not as many pixels as the network has inputs, or classes that it does not know
 */
export function evaluateOn(network: Network, { count, images, labels }: Samples): Evaluation {
  const { inputs, classes } = network;
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let loss = 0;
  let wrong = 0;
  for (let s = 0; s < count; s++) {
    const target = labels[s]!;
    const found = network.evaluate(images.subarray(s * inputs, (s + 1) * inputs), target);
    loss += found.loss;
    if (found.label !== target) wrong++;
    confusion[target]![found.label]!++;
  }
  const mean = meanOf({ samples: count, loss, wrong });
  return {
    test_loss: mean.loss,
    test_error: mean.error,
    classes: classFigures(confusion, network.classNames),
    confusion,
  };
}

/** Null where there is nothing to divide by: no sample of the class, or none taken for it. */
function classFigures(
  confusion: readonly (readonly number[])[],
  names: Network['classNames'],
): EvaluationEvent['classes'] {
  return confusion.map((row, label) => {
    const samples = row.reduce((sum, count) => sum + count, 0);
    const taken = confusion.reduce((sum, each) => sum + each[label]!, 0);
    const right = row[label]!;
    return {
      class: names[label]!,
      samples,
      precision: taken > 0 ? right / taken : null,
      recall: samples > 0 ? right / samples : null,
    };
  });
}
