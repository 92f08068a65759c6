/** What a reader of an evaluation must know before believing its figures. */
import type { EvaluationEvent } from '../../metrics/events.js';
import { grouped } from '../../text/grouped.js';

/** With fewer samples, the metrics of a class are hardly known. */
const FEW_SAMPLES = 20;
const MOST_CLASSES_NAMED = 5;

export function warningsOf({ dataset, classes, accuracy, confusion }: EvaluationEvent): string[] {
  const named = (some: EvaluationEvent['classes']) => {
    const names = some.slice(0, MOST_CLASSES_NAMED).map((each) => String(each.class));
    const more = some.length - names.length;
    return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  };
  const most = classes.reduce((a, b) => (b.samples > a.samples ? b : a));
  const share = most.samples / dataset.samples;
  const absent = classes.filter(({ samples }) => samples === 0);
  const rare = classes.filter(({ samples }) => samples > 0 && samples < FEW_SAMPLES);
  const low = classes.filter(({ recall }) => recall !== null && recall < 0.5);
  const never = classes.filter((each, c) => each.samples > 0 && confusion.every((counts) => counts[c] === 0));
  return [
    dataset.split === 'train' && 'The network was trained on these samples. Expect worse metrics on new samples.',
    accuracy <= share &&
      `The accuracy is not above ${(100 * share).toFixed(1)} %, which a constant prediction of “${most.class}” would reach.`,
    accuracy === 1 &&
      `No errors in ${grouped(dataset.samples)} samples. The error on new samples may still be up to ${percentOf(3 / dataset.samples)} (rule of three); the intervals do not show this.`,
    absent.length > 0 && `Classes without samples here: ${named(absent)}. Means over classes leave them out.`,
    low.length > 0 && `Classes with a recall below 0.5: ${named(low)}.`,
    rare.length > 0 && `Classes with fewer than ${FEW_SAMPLES} samples: ${named(rare)}. Their metrics are uncertain.`,
    never.length > 0 && `Classes that were never predicted: ${named(never)}.`,
  ].filter((warning) => warning !== false);
}

function percentOf(fraction: number): string {
  return `${(100 * Math.min(1, fraction)).toPrecision(2)} %`;
}
