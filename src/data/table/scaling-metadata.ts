/** The scaling of a table in the metadata of model files: see docs/model-files.md. */
import { fieldsOf } from '../../files/type-guards.js';
import type { DateEncoding, Encoding, NumberEncoding } from './encoding.js';
import type { BinEdges } from './piecewise.js';
import type { Quantiles } from './quantile-scaling.js';
import { type QuantileScaling, SCALES, type Scale, type Scaling } from './scaling.js';

export function scalingRecord(scale: Scale, scaling: Scaling | undefined) {
  if (!scaling) return { method: scale };
  if (scaling.kind === 'linear') {
    return { method: scale, subtract: [...scaling.subtract], divide_by: [...scaling.divideBy] };
  }
  const quantiles = scaling.byColumn.map((each) => each && { values: [...each.values], counts: [...each.counts] });
  return { method: scale, quantiles: quantiles.map((each) => each ?? null) };
}

/** The reverse. Undefined if the record does not match the encodings. */
export function scalingIn(
  value: unknown,
  encodings: readonly Encoding[],
  inputs: number,
  isSingle: boolean,
): { readonly scale: Scale; readonly scaling: Scaling | undefined } | undefined {
  const { method, subtract, divide_by: divideBy, quantiles } = fieldsOf(value);
  const scale = SCALES.find((each) => each === method);
  if (scale === undefined || (isSingle && !SINGLE_SCALES.includes(scale))) return undefined;
  const isPiecewise = scale === 'piecewise-linear';
  if (encodings.some((each) => each.kind !== 'category' && (each.edges !== undefined) !== isPiecewise))
    return undefined;
  if (scale === 'none' || isPiecewise) {
    const isBare = subtract === undefined && divideBy === undefined && quantiles === undefined;
    return isBare ? { scale, scaling: undefined } : undefined;
  }
  if (scale === 'quantile-uniform' || scale === 'quantile-normal') {
    const byColumn = quantilesIn(quantiles, encodings);
    return byColumn && { scale, scaling: { kind: 'quantiles', isNormal: scale === 'quantile-normal', byColumn } };
  }
  if (!areNumbers(subtract, inputs, isSingle) || !areNumbers(divideBy, inputs, isSingle)) return undefined;
  if (divideBy.includes(0)) return undefined;
  const linear = { subtract: Float64Array.from(subtract), divideBy: Float64Array.from(divideBy) };
  return { scale, scaling: { kind: 'linear', ...linear } };
}

/** Models without an encoding are older than the other scales. */
const SINGLE_SCALES: readonly Scale[] = ['none', 'minmax', 'standard'];

function quantilesIn(value: unknown, encodings: readonly Encoding[]): QuantileScaling['byColumn'] | undefined {
  if (!Array.isArray(value) || value.length !== encodings.length) return undefined;
  const byColumn: (Quantiles | undefined)[] = [];
  for (const [i, each] of (value as unknown[]).entries()) {
    const isNumber = encodings[i]!.kind !== 'category';
    if (isNumber === (each === null)) return undefined;
    const { values, counts } = fieldsOf(each);
    if (isNumber && !(areAscending(values, 1) && areCounts(counts, values.length))) return undefined;
    byColumn.push(
      isNumber
        ? { values: Float64Array.from(values as number[]), counts: Uint32Array.from(counts as number[]) }
        : undefined,
    );
  }
  return byColumn;
}

export function edgesRecord({ edges }: NumberEncoding | DateEncoding) {
  return edges && { edges: [...edges] };
}

/** Undefined if these are no edges of bins. */
export function edgesIn(value: unknown): { readonly edges?: BinEdges } | undefined {
  if (value === undefined) return {};
  const isConstant = Array.isArray(value) && value.length === 2 && value[0] === value[1] && Number.isFinite(value[0]);
  return isConstant || areAscending(value, 2) ? { edges: Float64Array.from(value as number[]) } : undefined;
}

function areAscending(value: unknown, least: number): value is number[] {
  if (!Array.isArray(value) || value.length < least) return false;
  return value.every((each, i) => Number.isFinite(each) && (i === 0 || each > value[i - 1]));
}

function areCounts(value: unknown, length: number): value is number[] {
  const isCount = (each: unknown) =>
    Number.isSafeInteger(each) && (each as number) >= 1 && (each as number) <= MOST_COUNT;
  return Array.isArray(value) && value.length === length && value.every(isCount);
}

const MOST_COUNT = 2 ** 32 - 1;

function areNumbers(value: unknown, count: number, areSingles: boolean): value is number[] {
  const isNumber = (each: unknown) =>
    Number.isFinite(each) && (!areSingles || Math.fround(each as number) === (each as number));
  return Array.isArray(value) && value.length === count && value.every(isNumber);
}
