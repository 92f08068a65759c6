/** The inputs of a number: one that is scaled, or the bins of the piecewise-linear encoding. */
import { type BinEdges, binOf, placeInBin } from './piecewise.js';
import { normalScore, rankOf, rankPieces } from './quantile-scaling.js';
import { clippedInput, type Scale, type Scaling, scaledInput, singleScaledInput } from './scaling.js';

export interface NumberInputs {
  /** The first input. */
  readonly base: number;
  readonly subtract: number;
  readonly divideBy: number;
  /** Rounds to float32. */
  readonly scaled: (x: number, subtract: number, divideBy: number) => number;
  /** Absent without bins. */
  readonly edges: BinEdges | undefined;
}

/** @param edges  of the piecewise-linear encoding */
export function numberInputs(
  column: number,
  base: number,
  edges: BinEdges | undefined,
  {
    scale,
    scaling,
    isSingle,
  }: { readonly scale: Scale; readonly scaling: Scaling | undefined; readonly isSingle: boolean },
): NumberInputs {
  const linear = scaling?.kind === 'linear' ? scaling : undefined;
  const scaled =
    scaling?.kind === 'quantiles' ? rankedBy(scaling, column) : scale === 'robust' ? clippedInput : scaledInput;
  return {
    ...{ base, edges, subtract: linear?.subtract[base] ?? 0, divideBy: linear?.divideBy[base] ?? 1 },
    scaled: isSingle ? singleScaledInput : scaled,
  };
}

function rankedBy({ byColumn, isNormal }: Extract<Scaling, { kind: 'quantiles' }>, column: number) {
  const quantiles = byColumn[column];
  if (!quantiles) return scaledInput;
  const pieces = rankPieces(quantiles);
  return isNormal
    ? (x: number) => Math.fround(normalScore(rankOf(x, pieces)))
    : (x: number) => Math.fround(rankOf(x, pieces));
}

/** Number of inputs that are not 0. */
export function countLit({ edges, scaled, subtract, divideBy }: NumberInputs, x: number): number {
  if (edges === undefined) return Number(scaled(x, subtract, divideBy) !== 0);
  const bin = binOf(x, edges);
  const place = placeInBin(x, bin, edges);
  return Number(bin > 0 && Math.fround(1 - place) !== 0) + Number(Math.fround(place) !== 0);
}

/**
 * Writes the inputs that are not 0 to `index` and `value` from position k.
 *
 * @returns the position behind them
 */
export function writeLit(inputs: NumberInputs, x: number, k: number, index: Uint32Array, value: Float32Array): number {
  const { base, edges, scaled, subtract, divideBy } = inputs;
  if (edges === undefined) return writeInput(base, scaled(x, subtract, divideBy), k, index, value);
  const bin = binOf(x, edges);
  const place = placeInBin(x, bin, edges);
  const next = bin > 0 ? writeInput(base + bin - 1, Math.fround(1 - place), k, index, value) : k;
  return writeInput(base + bin, Math.fround(place), next, index, value);
}

function writeInput(input: number, x: number, k: number, index: Uint32Array, value: Float32Array): number {
  if (x === 0) return k;
  index[k] = input;
  value[k] = x;
  return k + 1;
}

/** Whether float32 does not hold an input. */
export function isTooLargeFor({ edges, scaled, subtract, divideBy }: NumberInputs, x: number): boolean {
  const input =
    edges === undefined ? scaled(x, subtract, divideBy) : Math.fround(placeInBin(x, binOf(x, edges), edges));
  return Math.abs(input) === Number.POSITIVE_INFINITY;
}
