/** A sheet of the misclassified test samples, largest loss first. */
import type { ModelData } from '../../checkpoints/model-file.js';
import type { Samples } from '../../data/samples.js';
import type { Misclassified } from '../../metrics/events.js';
import { grouped } from '../../text/grouped.js';
import type { Network } from '../network.js';
import { shapeFor } from '../predict/shape.js';
import { titleOf } from './captions.js';
import { grayPicture, usualScale } from './picture.js';
import { type Captioned, drawSheet, type Span } from './sheet.js';
import type { SheetOptions } from './sheet-options.js';
import { theme as themes } from './theme.js';

export interface ErrorSheet {
  readonly svg: string;
  /** The errors on the sheet, in order. */
  readonly errors: readonly Misclassified[];
  /** Total number of errors. */
  readonly of: number;
}

/**
 * @throws LockstepError as `misclassified`, or if the shape does not fit the inputs (status 2)
 */
export function errorSheet(
  model: Pick<ModelData, 'file' | 'layers' | 'metadata'>,
  network: Network,
  data: { readonly name: string; readonly samples: Samples },
  { count, shape: given, scale, theme: name }: SheetOptions,
): ErrorSheet {
  const { inputs } = network;
  const shape = shapeFor(inputs, given);
  const factor = scale ?? usualScale(shape);
  const theme = themes[name];
  const all = misclassified(network, data.samples);
  const shown = all.slice(0, count);
  const pictures = shown.map((error): Captioned => {
    const { sample } = error;
    const pixels = data.samples.values.subarray(sample * inputs, (sample + 1) * inputs);
    return {
      png: () => grayPicture(shape, factor, (i) => theme.gray(pixels[i]! / 255)),
      tip: `sample ${sample}: ${error.class} predicted as ${error.taken_for}, loss ${error.loss.toFixed(3)}`,
      caption: [verdict(error), [{ text: percent(error.probability), color: 'muted' }]],
    };
  });
  const ofAll = `${grouped(data.samples.count)} test samples`;
  const svg = drawSheet(
    {
      title:
        shown.length < all.length
          ? `The ${grouped(shown.length)} worst of ${grouped(all.length)} errors on ${ofAll}: class → predicted class`
          : `All ${grouped(all.length)} errors on ${ofAll}: class → predicted class`,
      subtitle: `${titleOf(model)} · below: probability of the predicted class`,
      pictures,
      width: shape.width * factor,
      height: shape.height * factor,
    },
    theme,
  );
  return { svg, errors: shown, of: all.length };
}

/**
 * All misclassified samples, largest loss first.
 *
 * @throws LockstepError if the samples do not fit the network
 */
export function misclassified(network: Network, { count, values, targets }: Samples): Misclassified[] {
  const { inputs } = network;
  const found: Misclassified[] = [];
  for (let sample = 0; sample < count; sample++) {
    const pixels = values.subarray(sample * inputs, (sample + 1) * inputs);
    const { loss, label } = network.evaluate(pixels, targets[sample]!);
    if (label === targets[sample]) continue;
    const probability = network.predict(pixels).probabilities[label]!;
    found.push({ sample, class: targets[sample]!, taken_for: label, probability, loss });
  }
  return found.sort((a, b) => b.loss - a.loss || a.sample - b.sample);
}

function verdict(error: Misclassified): Span[] {
  return [
    { text: `${error.class} → `, color: 'text', isBold: true },
    { text: String(error.taken_for), color: 'wrong', isBold: true },
  ];
}

/** Never 100 %, because the true class has a probability above 0. */
function percent(probability: number): string {
  return probability > 0.9995 ? '> 99.9 %' : `${(probability * 100).toFixed(1)} %`;
}
