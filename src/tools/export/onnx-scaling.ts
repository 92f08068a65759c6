/** Quantile scaling and the piecewise-linear encoding as parts of an ONNX graph, on columns of doubles [batch, columns]. */
import { type BinEdges, binsOf } from '../../data/table/piecewise.js';
import { CENTRAL, LEAST_RANK, type Quantiles, rankPieces, TAIL } from '../../data/table/quantile-scaling.js';
import { MOST_CLIPPED } from '../../data/table/scaling.js';
import { BOOL, DOUBLE, INT64 } from './onnx-proto.js';

/** Adds to a graph. Each returns the name of what it makes. */
export interface GraphWriter {
  node(name: string, operator: string, inputs: readonly string[], attribute?: Readonly<Record<string, number>>): string;
  constant(name: string, values: Float64Array | BigInt64Array, dims?: readonly number[]): string;
  gather(name: string, from: string, columns: readonly number[]): string;
  join(name: string, parts: readonly string[]): string;
}

/** y / √(1 + (y / 3)²) */
export function clippedNodes(graph: GraphWriter, scaled: string): string {
  const share = graph.node('clip.share', 'Div', [scaled, constant(graph, 'clip.most', MOST_CLIPPED)]);
  const square = graph.node('clip.square', 'Mul', [share, share]);
  const sum = graph.node('clip.sum', 'Add', [square, constant(graph, 'clip.one', 1)]);
  return graph.node('clip.clipped', 'Div', [scaled, graph.node('clip.root', 'Sqrt', [sum])]);
}

/** @param quantiles  of the columns */
export function quantileNodes(
  graph: GraphWriter,
  filled: string,
  quantiles: readonly Quantiles[],
  isNormal: boolean,
): string {
  const ranks = graph.join(
    'ranks',
    quantiles.map((each, i) => {
      const x = quantiles.length === 1 ? filled : graph.gather(`ranks.${i}.number`, filled, [i]);
      return rankNodes(graph, `ranks.${i}`, x, each);
    }),
  );
  return isNormal ? normalNodes(graph, ranks) : ranks;
}

/** The piece of `rankPieces` is the number of values up to x plus the number of values below x. */
function rankNodes(graph: GraphWriter, name: string, x: string, quantiles: Quantiles): string {
  const { values, from, rank, slope } = rankPieces(quantiles);
  const knots = graph.constant(`${name}.values`, values);
  const ones = graph.constant(`${name}.ones`, new Float64Array(values.length).fill(1), [values.length, 1]);
  const countOf = (part: string, isCounted: string) => {
    const counted = graph.node(`${name}.${part}.counted`, 'Cast', [isCounted], { to: DOUBLE });
    return graph.node(`${name}.${part}`, 'MatMul', [counted, ones]);
  };
  const upTo = countOf('up_to', graph.node(`${name}.is_up_to`, 'GreaterOrEqual', [x, knots]));
  const below = countOf('below', graph.node(`${name}.is_below`, 'Greater', [x, knots]));
  const piece = graph.node(`${name}.piece`, 'Cast', [graph.node(`${name}.sum`, 'Add', [upTo, below])], { to: INT64 });
  const of = (part: string, table: Float64Array) =>
    graph.node(`${name}.${part}`, 'Gather', [graph.constant(`${name}.${part}s`, table), piece], { axis: 0 });
  const moved = graph.node(`${name}.moved`, 'Sub', [x, of('from', from)]);
  const risen = graph.node(`${name}.risen`, 'Mul', [moved, of('slope', slope)]);
  return graph.node(`${name}.rank`, 'Add', [risen, of('base', rank)]);
}

/** As `normalScore` does. */
function normalNodes(graph: GraphWriter, ranks: string): string {
  const op = (name: string, operator: string, ...inputs: (string | number)[]) =>
    graph.node(
      `normal.${name}`,
      operator,
      inputs.map((each) => (typeof each === 'string' ? each : constant(graph, `normal.constant.${each}`, each))),
    );
  const ratio = (name: string, x: string, { over, under }: typeof CENTRAL | typeof TAIL) => {
    const sum = (part: string, terms: readonly number[]) =>
      terms
        .slice(0, -1)
        .reduceRight(
          (value: string | number, term, i) =>
            op(`${name}.${part}.${i}`, 'Add', op(`${name}.${part}.${i}.times`, 'Mul', value, x), term),
          terms.at(-1)!,
        ) as string;
    return op(name, 'Div', sum('over', over), sum('under', under));
  };
  const rank = op('rank', 'Min', op('at_least', 'Max', ranks, LEAST_RANK), 1 - LEAST_RANK);
  const q = op('q', 'Sub', rank, 0.5);
  const room = op('room', 'Sub', CENTRAL.reach ** 2, op('square', 'Mul', q, q));
  const central = op('central', 'Mul', q, ratio('ratio', room, CENTRAL));
  const least = op('least', 'Min', rank, op('other', 'Sub', 1, rank));
  const root = op('root', 'Sqrt', op('log', 'Neg', op('ln', 'Log', least)));
  const far = op('far', 'Mul', op('sign', 'Sign', q), ratio('tail', op('beyond', 'Sub', root, TAIL.offset), TAIL));
  return op('score', 'Where', op('is_far', 'Greater', op('distance', 'Abs', q), CENTRAL.reach), far, central);
}

/**
 * The bins of all columns side by side: the place of a number in each bin, from 0 to 1, minus its place in the next bin. Only
 * the outermost bins have places below 0 and above 1.
 */
export function piecewiseNodes(graph: GraphWriter, filled: string, edges: readonly BinEdges[]): string {
  const bins = edges.flatMap((each, column) =>
    Array.from({ length: binsOf(each) }, (_, bin) => ({ column, bin, each })),
  );
  const vector = (name: string, of: (bin: (typeof bins)[number]) => number) =>
    graph.constant(`bins.${name}`, Float64Array.from(bins, of));
  const isLast = ({ bin, each }: (typeof bins)[number]) => bin === binsOf(each) - 1;
  const isConstant = ({ each }: (typeof bins)[number]) => each[0] === each.at(-1);
  const x = graph.gather(
    'bins.numbers',
    filled,
    bins.map(({ column }) => column),
  );
  const moved = graph.node('bins.moved', 'Sub', [x, vector('begins', ({ bin, each }) => each[bin]!)]);
  const widths = vector('widths', (each) => (isConstant(each) ? 1 : each.each[each.bin + 1]! - each.each[each.bin]!));
  const place = graph.node('bins.place', 'Div', [moved, widths]);
  const most = vector('most', (each) => (isConstant(each) ? 0 : isLast(each) ? Number.POSITIVE_INFINITY : 1));
  const least = vector('least', (each) => (isConstant(each) || each.bin > 0 ? 0 : Number.NEGATIVE_INFINITY));
  const limited = graph.node('bins.limited', 'Max', [graph.node('bins.at_most', 'Min', [place, most]), least]);
  // The last bin of a column has no next one.
  const next = graph.gather(
    'bins.next',
    limited,
    bins.map((each, i) => (isLast(each) ? i : i + 1)),
  );
  const isEnd = graph.node('bins.is_last', 'Cast', [vector('last', (each) => Number(isLast(each)))], { to: BOOL });
  const beyond = graph.node('bins.beyond', 'Where', [isEnd, constant(graph, 'bins.zero', 0), next]);
  return graph.node('bins.inputs', 'Sub', [limited, beyond]);
}

function constant(graph: GraphWriter, name: string, value: number): string {
  return graph.constant(name, Float64Array.of(value));
}
