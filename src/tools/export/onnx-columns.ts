/**
 * The encoding of a table as part of an ONNX graph: each column is an input, the result is the input of the network. Columns
 * of the same kind are computed together, [batch, columns], because many small operators are slow. At the end, the inputs
 * of the network are brought into the model's order.
 */
import { cellOf, MISSING_NOTATIONS } from '../../data/table/cells.js';
import {
  basesOf,
  type CategoryEncoding,
  type DateEncoding,
  type Encoding,
  widthOf,
} from '../../data/table/encoding.js';
import type { MissingRule } from '../../data/table/missing.js';
import type { LinearScaling } from '../../data/table/scaling.js';
import type { TableModel } from '../../data/table/table-metadata.js';
import { BOOL, DOUBLE, FLOAT, INT64, type Node, STRING, type Tensor, type Value } from './onnx-proto.js';
import { clippedNodes, type GraphWriter, piecewiseNodes, quantileNodes } from './onnx-scaling.js';

export const ML_DOMAIN = 'ai.onnx.ml';

/** A day before year 0 (UTC), the first that a table may have: lower numbers are missing dates. */
const FIRST_SECOND = -62_167_305_600;

export interface ColumnGraph {
  readonly nodes: readonly Node[];
  readonly tensors: readonly Tensor[];
  /** By column, named as `columnInput` does. */
  readonly inputs: readonly Value[];
  /** The inputs of the network, float32 [batch, inputs]. */
  readonly encoded: string;
  /** Whether a row has a missing cell and must not, bool [batch, 1]; undefined if missing cells are filled. */
  readonly isRefused: string | undefined;
}

/** Name of a column's input inside this graph, until it gets the column's own name. */
export function columnInput(column: number): string {
  return `columns.${column}`;
}

export function columnGraph(table: TableModel): ColumnGraph {
  return new ColumnGraphBuilder(table).build();
}

/** A column of one kind, and its first input of the network. */
interface Placed<E extends Encoding> {
  readonly column: number;
  readonly base: number;
  readonly encoding: E;
}

class ColumnGraphBuilder {
  readonly #table: TableModel;
  readonly #nodes: Node[] = [];
  readonly #tensors: Tensor[] = [];
  /** Parts of the network's input, float32. */
  readonly #parts: string[] = [];
  /** Which inputs of the network the parts are, in order. */
  readonly #places: number[] = [];
  /** Missing cells, bool [batch, columns]. */
  readonly #missing: string[] = [];

  constructor(table: TableModel) {
    this.#table = table;
  }

  build(): ColumnGraph {
    const { columns, encodings, missing } = this.#table;
    const { bases, inputs } = basesOf(encodings);
    const all = encodings.map((encoding, column) => ({ column, base: bases[column]!, encoding }));
    const numbers = all.filter(isOf('number'));
    const dates = all.filter(isOf('date'));
    const categories = all.filter(isOf('category'));
    const filled = [
      ...(numbers.length > 0 ? [this.#numbers(numbers)] : []),
      ...(dates.length > 0 ? [this.#dates(dates)] : []),
    ];
    if (filled.length > 0) this.#scaled(this.#join('filled', filled), [...numbers, ...dates]);
    if (categories.length > 0) this.#categories(categories);
    const isRefused = missing.mode === 'fill' ? undefined : this.#anyMissing();
    const encoded = this.#inOrder(inputs);
    const values = columns.map(
      ({ kind }, i): Value => ({ name: columnInput(i), shape: ['batch', 1], ...INPUT_OF[kind] }),
    );
    return { nodes: this.#nodes, tensors: this.#tensors, inputs: values, encoded, isRefused };
  }

  #numbers(placed: readonly Placed<Exclude<Encoding, CategoryEncoding>>[]): string {
    const given = this.#join('numbers', placed.map(inputOf));
    let isMissing = this.#node('numbers.nan', 'IsNaN', [given]);
    for (const [i, value] of numbersIn(this.#table.missing).entries()) {
      const name = `numbers.missing_value.${i}`;
      const isEqual = this.#node(`${name}.found`, 'Equal', [given, this.#doubles(name, [value])]);
      isMissing = this.#node(`${name}.or`, 'Or', [isMissing, isEqual]);
    }
    return this.#filled('numbers', placed, isMissing, given);
  }

  #dates(placed: readonly Placed<DateEncoding>[]): string {
    const given = this.#join('dates', placed.map(inputOf));
    const isMissing = this.#node('dates.missing', 'Less', [given, this.#integer(FIRST_SECOND)]);
    const seconds = this.#node('dates.seconds', 'Where', [isMissing, this.#integer(0), given]);
    this.#dateParts(placed, isMissing, seconds);
    const asDouble = this.#node('dates.double', 'Cast', [seconds], { to: DOUBLE });
    return this.#filled('dates', placed, isMissing, asDouble);
  }

  /** Medians instead of what is missing, and the indicators. */
  #filled(
    name: string,
    placed: readonly Placed<Exclude<Encoding, CategoryEncoding>>[],
    isMissing: string,
    given: string,
  ): string {
    this.#missing.push(isMissing);
    const fills = this.#doubles(
      `${name}.fill`,
      placed.map(({ encoding }) => encoding.fill),
    );
    const withIndicator = placed.flatMap(({ encoding }, i) => (encoding.hasIndicator ? [i] : []));
    if (withIndicator.length > 0) {
      const indicators = this.#gather(`${name}.lacking`, isMissing, withIndicator);
      const part = this.#node(`${name}.indicators`, 'Cast', [indicators], { to: FLOAT });
      this.#part(
        part,
        withIndicator.map((i) => placed[i]!.base + widthOf(placed[i]!.encoding)),
      );
    }
    return this.#node(`${name}.filled`, 'Where', [isMissing, fills, given]);
  }

  /** As `monthOf`, `weekdayOf` and `hourOf` do. Mod has the sign of its divisor, so Div never gets a negative dividend that it would round up. */
  #dateParts(placed: readonly Placed<DateEncoding>[], isMissing: string, seconds: string): void {
    const op = (name: string, operator: string, x: string, y: string | number) =>
      this.#node(`dates.${name}`, operator, [x, typeof y === 'number' ? this.#integer(y) : y]);
    const has = (part: 'months' | 'weekdays' | 'hours') => placed.some(({ encoding }) => encoding[part].length > 0);
    const lit = (part: 'months' | 'weekdays' | 'hours', codes: string) => {
      // No part is −1, so a missing date lights none.
      const present = this.#node(`dates.${part}`, 'Where', [isMissing, this.#integer(-1), codes]);
      const before = (encoding: DateEncoding) => {
        const { months, weekdays, hasIndicator } = encoding;
        const parts = part === 'months' ? 0 : months.length + (part === 'hours' ? weekdays.length : 0);
        return widthOf(encoding) + Number(hasIndicator) + parts;
      };
      this.#oneHot(
        `dates.${part}`,
        present,
        placed.map(({ encoding, base }) => ({ codes: encoding[part], first: base + before(encoding) })),
      );
    };
    if (!has('months') && !has('weekdays') && !has('hours')) return;
    const ofDay = op('of_day', 'Mod', seconds, 86_400);
    const days = op('days', 'Div', op('midnight', 'Sub', seconds, ofDay), 86_400);
    if (has('months')) {
      const ofEra = op('of_era', 'Mod', op('from_march', 'Add', days, 719_468), 146_097);
      const leap = (name: string, divisor: number) => op(name, 'Div', ofEra, divisor);
      const shortened = op('shortened', 'Sub', ofEra, leap('era.4', 1460));
      const lengthened = op('lengthened', 'Add', shortened, leap('era.100', 36_524));
      const year = op('year', 'Div', op('even', 'Sub', lengthened, leap('era.400', 146_096)), 365);
      const leaps = op('leaps', 'Sub', op('year.4', 'Div', year, 4), op('year.100', 'Div', year, 100));
      const begin = op('year.begin', 'Add', op('year.days', 'Mul', year, 365), leaps);
      const ofYear = op('of_year', 'Sub', ofEra, begin);
      const fifths = op('fifths', 'Add', op('of_year.5', 'Mul', ofYear, 5), 2);
      const fromMarch = op('month.from_march', 'Div', fifths, 153);
      lit('months', op('month', 'Add', op('month.from_0', 'Mod', op('month.moved', 'Add', fromMarch, 2), 12), 1));
    }
    if (has('weekdays')) {
      // 1970-01-01 was a Thursday.
      lit('weekdays', op('weekday', 'Add', op('weekday.from_0', 'Mod', op('monday', 'Add', days, 3), 7), 1));
    }
    if (has('hours')) lit('hours', op('hour', 'Div', ofDay, 3600));
  }

  /** Each operation rounds as in the library, so the inputs are the same, except for the logarithm of a normal quantile. */
  #scaled(filled: string, placed: readonly Placed<Exclude<Encoding, CategoryEncoding>>[]): void {
    const { scale, scaling, isSingle } = this.#table;
    const bases = placed.map(({ base }) => base);
    const cast = (name: string) => this.#node('scaling.round', 'Cast', [name], { to: FLOAT });
    if (scale === 'piecewise-linear') {
      const edges = placed.map(({ encoding }) => encoding.edges!);
      const binInputs = placed.flatMap(({ base, encoding }) =>
        Array.from({ length: widthOf(encoding) }, (_, bin) => base + bin),
      );
      this.#part(cast(piecewiseNodes(this.#writer, filled, edges)), binInputs);
    } else if (scaling?.kind === 'quantiles') {
      const quantiles = placed.map(({ column }) => scaling.byColumn[column]!);
      this.#part(cast(quantileNodes(this.#writer, filled, quantiles, scaling.isNormal)), bases);
    } else {
      const scaled = (x: string) => (scaling ? this.#moved(x, bases, scaling) : x);
      this.#part(isSingle ? scaled(cast(filled)) : cast(scaled(filled)), bases);
    }
  }

  #moved(x: string, bases: readonly number[], { subtract, divideBy }: LinearScaling): string {
    const { scale, isSingle } = this.#table;
    const constant = (name: string, values: Float64Array) => {
      const own = Float64Array.from(bases, (base) => values[base]!);
      return this.#constant(name, isSingle ? Float32Array.from(own) : own);
    };
    const moved = this.#node('scaling.moved', 'Sub', [x, constant('scaling.subtract', subtract)]);
    const scaled = this.#node('scaling.scaled', 'Div', [moved, constant('scaling.divide_by', divideBy)]);
    return scale === 'robust' ? clippedNodes(this.#writer, scaled) : scaled;
  }

  readonly #writer: GraphWriter = {
    node: (name, operator, inputs, attribute) => this.#node(name, operator, inputs, attribute),
    constant: (name, values, dims) => this.#constant(name, values, dims),
    gather: (name, from, columns) => this.#gather(name, from, columns),
    join: (name, parts) => this.#join(name, parts),
  };

  /** Codes: the position of the level, then one for other levels, then one for a missing cell. */
  #categories(placed: readonly Placed<CategoryEncoding>[]): void {
    const codes = placed.map(({ column, encoding }): string => {
      const { levels } = encoding;
      const codeOf = new Map(levels.flatMap((level, i) => spellingsOf(level).map((each) => [each, i] as const)));
      for (const each of missingTexts(this.#table.missing)) codeOf.set(each, levels.length + 1);
      const attribute = {
        keys_strings: [...codeOf.keys()],
        values_int64s: [...codeOf.values()],
        default_int64: levels.length,
      };
      return this.#node(`categories.${column}`, 'LabelEncoder', [columnInput(column)], attribute, ML_DOMAIN);
    });
    const joined = this.#join('categories', codes);
    const lit = placed.map(({ base, encoding: { levels, hasOther, hasMissing } }) => ({
      codes: [...levels.keys(), ...(hasOther ? [levels.length] : []), ...(hasMissing ? [levels.length + 1] : [])],
      first: base,
    }));
    this.#oneHot('categories', joined, lit);
    if (this.#table.missing.mode === 'fill') return;
    const missing = placed.map(({ encoding }) => encoding.levels.length + 1);
    const constant = this.#constant('categories.missing_codes', integers(missing));
    this.#missing.push(this.#node('categories.missing', 'Equal', [joined, constant]));
  }

  /**
   * @param codes   int64 [batch, columns]
   * @param inputs  by column: the codes that have an input, and the first of these inputs
   */
  #oneHot(
    name: string,
    codes: string,
    inputs: readonly { readonly codes: readonly number[]; readonly first: number }[],
  ): void {
    const columns = inputs.flatMap((each, i) => each.codes.map(() => i));
    if (columns.length === 0) return;
    const levels = this.#constant(`${name}.codes`, integers(inputs.flatMap((each) => each.codes)));
    const isLit = this.#node(`${name}.lit`, 'Equal', [this.#gather(`${name}.repeated`, codes, columns), levels]);
    this.#part(
      this.#node(`${name}.inputs`, 'Cast', [isLit], { to: FLOAT }),
      inputs.flatMap((each) => each.codes.map((_, i) => each.first + i)),
    );
  }

  #anyMissing(): string {
    const missing = this.#node('missing.float', 'Cast', [this.#join('missing', this.#missing)], { to: FLOAT });
    const most = this.#node('missing.any', 'ReduceMax', [missing], { axes: [1], keepdims: 1 });
    return this.#node('missing.refused', 'Cast', [most], { to: BOOL });
  }

  #inOrder(inputs: number): string {
    const joined = this.#join('inputs', this.#parts);
    const partOf = new Array<number>(inputs);
    for (const [part, place] of this.#places.entries()) partOf[place] = part;
    const isInOrder = partOf.every((part, place) => part === place);
    return isInOrder ? joined : this.#gather('inputs.in_order', joined, partOf);
  }

  #part(name: string, places: readonly number[]): void {
    this.#parts.push(name);
    for (const place of places) this.#places.push(place);
  }

  /** Side by side. */
  #join(name: string, parts: readonly string[]): string {
    return parts.length === 1 ? parts[0]! : this.#node(`${name}.joined`, 'Concat', parts, { axis: 1 });
  }

  #gather(name: string, from: string, columns: readonly number[]): string {
    return this.#node(name, 'Gather', [from, this.#constant(`${name}.columns`, integers(columns))], { axis: 1 });
  }

  #integer(value: number): string {
    return this.#constant(`integer.${value}`, integers([value]));
  }

  #doubles(name: string, values: readonly number[]): string {
    return this.#constant(name, Float64Array.from(values));
  }

  /** One that exists already is not added again. */
  #constant(
    name: string,
    values: Exclude<Tensor['values'], readonly string[]>,
    dims: readonly number[] = [values.length],
  ): string {
    if (!this.#tensors.some((tensor) => tensor.name === name)) this.#tensors.push({ name, dims, values });
    return name;
  }

  /** @returns the name of its output, which is also its own */
  #node(
    name: string,
    op_type: string,
    input: readonly string[],
    attribute: Required<Node>['attribute'] = {},
    domain = '',
  ): string {
    this.#nodes.push({ name, op_type, input, output: [name], attribute, domain });
    return name;
  }
}

const INPUT_OF = {
  number: { elem_type: DOUBLE, doc_string: 'a number; NaN: missing' },
  date: { elem_type: INT64, doc_string: 'seconds since 1970, UTC; the smallest int64: missing' },
  category: { elem_type: STRING, doc_string: 'a category; the empty string: missing' },
} as const;

function isOf<K extends Encoding['kind']>(kind: K) {
  type Own = Extract<Encoding, { kind: K }>;
  return (placed: Placed<Encoding>): placed is Placed<Own> => placed.encoding.kind === kind;
}

function inputOf({ column }: Placed<Encoding>): string {
  return columnInput(column);
}

function integers(values: readonly number[]): BigInt64Array {
  return BigInt64Array.from(values, BigInt);
}

function numbersIn({ values }: MissingRule): number[] {
  return values.map(cellOf).filter((cell) => typeof cell === 'number');
}

/** All texts that stand for a missing category. */
function missingTexts({ values }: MissingRule): string[] {
  const own = values.map(cellOf).flatMap((cell) => (typeof cell === 'number' ? spellingsOf(String(cell)) : [cell]));
  return [...MISSING_NOTATIONS.flatMap(inAnyCase), 'None', ...own];
}

/** Texts for a level: those of a truth in any case; `1` and `1.0`, which is how pandas writes a column that lacks cells. */
function spellingsOf(level: string): string[] {
  if (level === 'true' || level === 'false') return inAnyCase(level);
  return Number.isInteger(cellOf(level)) && /^-?\d+$/.test(level) ? [level, `${level}.0`] : [level];
}

function inAnyCase(text: string): string[] {
  let found = [''];
  for (const character of text) {
    const cases = new Set([character, character.toUpperCase()]);
    found = found.flatMap((begin) => [...cases].map((each) => begin + each));
  }
  return found;
}
