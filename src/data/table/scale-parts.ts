/** Scales the inputs of all parts of a table. */
import { errors } from '../../errors.js';
import type { Samples } from '../samples.js';
import { columnInWords } from './columns.js';
import { fitScaling, type Scale, scaleSamples } from './scaling.js';
import type { TableFacts, TableModel } from './table-metadata.js';

interface SplitSamples {
  readonly inputs: number;
  readonly train: Samples;
  readonly validation: Samples;
  readonly test: Samples;
}

/**
 * Fits the scaling only on the training samples.
 *
 * @throws LockstepError if a scaled number exceeds float32
 */
export function scaleParts<Given extends SplitSamples>(
  used: Given,
  facts: TableFacts,
  scale: Scale,
): { readonly used: Given; readonly table: TableModel } {
  const { inputs, train, validation, test } = used;
  if (scale === 'none') return { used, table: { ...facts, scale, scaling: undefined } };
  const scaling = fitScaling(train, inputs, scale);
  const scaled = (samples: Samples) => {
    const own = scaleSamples(samples, inputs, scaling);
    const stray = (own.values as Float32Array).findIndex((x) => !Number.isFinite(x));
    if (stray >= 0) throw errors.scaledTooLarge(scale, inputInWords(facts, stray % inputs));
    return own;
  };
  const parts = { train: scaled(train), validation: scaled(validation), test: scaled(test) };
  return { used: { ...used, ...parts }, table: { ...facts, scale, scaling } };
}

/** For messages: the name of the column, or its position in the table. */
function inputInWords({ columns, label }: TableFacts, input: number): string {
  return columns ? `column ${columns[input]}` : columnInWords(input < label.position ? input : input + 1, undefined);
}
