/** A sheet of the weights of the first layer, one image per unit. */
import { type ModelData, requireFinite, tensorsOf } from '../../checkpoints/model-file.js';
import { grouped } from '../../text/grouped.js';
import { shapeFor } from '../predict/shape.js';
import { titleOf } from './captions.js';
import { colorPicture, usualScale } from './picture.js';
import { type Captioned, drawSheet } from './sheet.js';
import type { SheetOptions } from './sheet-options.js';
import { type Color, divergingColor, theme as themes } from './theme.js';

export interface WeightSheet {
  readonly svg: string;
  /** The units on the sheet, in order. */
  readonly units: readonly number[];
  /** Total number of units. */
  readonly of: number;
}

/** The color scale ends at this quantile of the magnitudes, because a few outliers would make all other weights pale. */
const DRAWN_FRACTION = 0.9998;

/**
 * Units with the largest norm first. All share one color scale, symmetric around 0.
 *
 * @throws LockstepError if the weights are not finite, or the shape does not fit the inputs (status 2)
 */
export function weightSheet(model: ModelData, { count, shape: given, scale, theme: name }: SheetOptions): WeightSheet {
  requireFinite(model);
  const { layers, values } = model;
  const [inputs = 0, units = 0] = layers;
  const shape = shapeFor(inputs, given);
  const factor = scale ?? usualScale(shape);
  const theme = themes[name];
  // [inputs, units]; of an ensemble, those of the first network
  const weights = tensorsOf(layers, values)[0]!.values;
  const norms = normsOf(weights, units);
  const chosen = Array.from(norms.keys())
    .sort((a, b) => norms[b]! - norms[a]! || a - b)
    .slice(0, count);
  const limit = scaleOf(chosen.flatMap((unit) => Array.from({ length: inputs }, (_, i) => weights[i * units + unit]!)));

  const isOutput = layers.length === 2;
  const isOfNumbers = model.targets.length > 0;
  const pictures = chosen.map((unit): Captioned => {
    const colorOf = (i: number) => divergingColor(theme.diverging, limit > 0 ? weights[i * units + unit]! / limit : 0);
    return {
      png: () => colorPicture(shape, factor, colorOf),
      tip: `${isOutput ? (isOfNumbers ? 'target' : 'class') : 'unit'} ${unit}, norm ${norms[unit]!.toPrecision(4)}`,
      caption: isOutput ? [[{ text: String(unit), color: 'text', isBold: true }]] : [],
    };
  });
  const what = isOutput ? (isOfNumbers ? 'targets' : 'classes') : 'hidden units';
  const selection =
    chosen.length < units
      ? `the ${grouped(chosen.length)} of ${grouped(units)} ${what} with the largest norms`
      : `all ${grouped(units)} ${what}, largest norm first`;
  const end = limit.toPrecision(2);
  const svg = drawSheet(
    {
      title: `Weights of the first layer: ${selection}`,
      subtitle: titleOf(model),
      pictures,
      width: shape.width * factor,
      height: shape.height * factor,
      legend: { colors: theme.diverging.map(cssOf), texts: [`≤ −${end}`, '0', `≥ ${end}`] },
    },
    theme,
  );
  return { svg, units: chosen, of: units };
}

function normsOf(weights: ArrayLike<number>, units: number): Float64Array {
  const squares = new Float64Array(units);
  for (let i = 0; i < weights.length; i++) squares[i % units]! += weights[i]! ** 2;
  return squares.map(Math.sqrt);
}

/** The quantile `DRAWN_FRACTION` of the magnitudes. */
function scaleOf(weights: readonly number[]): number {
  const magnitudes = Float64Array.from(weights, Math.abs).sort();
  return magnitudes[Math.ceil((magnitudes.length - 1) * DRAWN_FRACTION)] ?? 0;
}

function cssOf([red, green, blue]: Color): string {
  return `rgb(${red},${green},${blue})`;
}
