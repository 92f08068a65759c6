/** The description of the training table that a network keeps, and its metadata in files. */
import { shown } from '../../errors.js';
import { parseJsonOr } from '../../files/json.js';
import { type Fields, fieldsOf } from '../../files/type-guards.js';
import type { ClassName } from './cells.js';
import type { ColumnPlace } from './column-place.js';
import { type Encoding, inputsOf } from './encoding.js';
import { MISSING_MODES, type MissingRule } from './missing.js';
import type { Scale, Scaling } from './scaling.js';
import { edgesIn, edgesRecord, scalingIn, scalingRecord } from './scaling-metadata.js';
import type { InputColumn } from './typed-table.js';

export interface TableFacts {
  /** The first target if there are targets. */
  readonly label: ColumnPlace;
  /** Regression targets. Absent for classes. */
  readonly targets?: readonly ColumnPlace[];
  readonly weight?: ColumnPlace | undefined;
  /** Rows with equal cells in this column stay together in every split. */
  readonly group?: ColumnPlace | undefined;
  /** The input columns, in order. */
  readonly columns: readonly InputColumn[];
  /** Whether the table has a header. */
  readonly hasNames: boolean;
  /** Number of all columns of the table. */
  readonly width: number;
  readonly missing: MissingRule;
  /** Names of the classes 0, 1, 2, … */
  readonly classNames: readonly ClassName[];
}

export interface TableModel extends TableFacts {
  /** Of the columns. */
  readonly encodings: readonly Encoding[];
  readonly scale: Scale;
  /** Undefined with scale `none`. */
  readonly scaling: Scaling | undefined;
  /** Whether the inputs are scaled in float32, as in models without an encoding, which are older. */
  readonly isSingle: boolean;
}

/** Names of the input columns; undefined without a header. */
export function namesOf({ columns, hasNames }: TableFacts): readonly string[] | undefined {
  return hasNames ? columns.map(({ name }) => name) : undefined;
}

/** Readers refuse higher versions. */
const ENCODING_VERSION = 1;

/** See docs/model-files.md. The targets are in `targetsMetadata`. */
export function tableMetadata(model: TableModel): Record<string, string> {
  const { label, targets, weight, group, columns, width, missing, classNames, encodings, scale, scaling } = model;
  const encoding = {
    version: ENCODING_VERSION,
    table_columns: width,
    missing: missing.mode,
    missing_values: missing.values,
    columns: columns.map(({ name, position }, i) => ({ name, position: position + 1, ...recordOf(encodings[i]!) })),
  };
  return {
    input_scaling: JSON.stringify(scalingRecord(scale, scaling)),
    ...(!targets && { class_names: JSON.stringify(classNames) }),
    columns: JSON.stringify(namesOf(model) ?? null),
    ...(!targets && { label: JSON.stringify(placeRecord(label)) }),
    ...(weight && { weight: JSON.stringify(placeRecord(weight)) }),
    ...(group && { group: JSON.stringify(placeRecord(group)) }),
    encoding: JSON.stringify(encoding),
  };
}

function recordOf(encoding: Encoding) {
  switch (encoding.kind) {
    case 'number':
      return { kind: encoding.kind, fill: encoding.fill, indicator: encoding.hasIndicator, ...edgesRecord(encoding) };
    case 'date': {
      const { kind, fill, hasIndicator, months, weekdays, hours } = encoding;
      return { kind, fill, indicator: hasIndicator, months, weekdays, hours, ...edgesRecord(encoding) };
    }
    case 'category':
      return { kind: encoding.kind, levels: encoding.levels, other: encoding.hasOther, missing: encoding.hasMissing };
  }
}

export function placeRecord({ name, position }: ColumnPlace) {
  return { name: name ?? null, position: position + 1 };
}

/** The reverse. Undefined if it is not the record of a column. */
export function placeIn(value: unknown): ColumnPlace | undefined {
  const { name, position } = fieldsOf(value);
  const isPlace = (name === null || isText(name)) && Number.isSafeInteger(position) && (position as number) >= 1;
  return isPlace ? { name: name ?? undefined, position: (position as number) - 1 } : undefined;
}

/**
 * Reads the metadata that `tableMetadata` writes.
 *
 * @param targets  columns of regression targets; empty for classes
 * @returns undefined if the network was not trained on a table; a string that describes a problem
 */
export function tableIn(
  metadata: Readonly<Record<string, string>>,
  layers: readonly number[],
  targets: readonly ColumnPlace[] = [],
): TableModel | string | undefined {
  const isOfNumbers = targets.length > 0;
  if (metadata.class_names === undefined && !isOfNumbers) return undefined;
  const [inputs = 0] = layers;
  const classNames = isOfNumbers ? [] : parseJsonOr(metadata.class_names, undefined);
  const names = parseJsonOr(metadata.columns, Number.NaN) ?? undefined;
  const label = isOfNumbers ? targets[0] : placeIn(parseJsonOr(metadata.label, undefined));
  const weight = metadata.weight === undefined ? undefined : placeIn(parseJsonOr(metadata.weight, undefined));
  const group = metadata.group === undefined ? undefined : placeIn(parseJsonOr(metadata.group, undefined));
  if (!isOfNumbers && !areDistinct(classNames, layers.at(-1)!, isClassName)) {
    return 'its class names do not match its outputs';
  }
  if (!label) return 'its label is not a column';
  if (metadata.weight !== undefined && !weight) return 'its weight is not a column';
  if (metadata.group !== undefined && !group) return 'its group is not a column';
  const isSingle = metadata.encoding === undefined;
  const encoded = isSingle
    ? numbersOnly(names, inputs, label.position)
    : encodedIn(fieldsOf(parseJsonOr(metadata.encoding, undefined)), names, inputs);
  if (typeof encoded === 'string') return encoded;
  const scaled = scalingIn(parseJsonOr(metadata.input_scaling, undefined), encoded.encodings, inputs, isSingle);
  if (!scaled) return 'its scaling does not match its inputs';
  const apart = { ...(isOfNumbers && { targets }), ...(weight && { weight }), ...(group && { group }) };
  return { label, ...apart, classNames: classNames as ClassName[], ...encoded, ...scaled, isSingle };
}

type Encoded = Pick<TableModel, 'columns' | 'hasNames' | 'width' | 'missing' | 'encodings'>;

/** Older models: each input is a column of numbers, none of them missing. */
function numbersOnly(names: unknown, inputs: number, label: number): Encoded | string {
  if (names !== undefined && !areDistinct(names, inputs, isText)) return 'its columns do not match its inputs';
  const columns = Array.from({ length: inputs }, (_, i): InputColumn => {
    const position = i < label ? i : i + 1;
    return { name: (names as string[] | undefined)?.[i] ?? String(position + 1), position, kind: 'number' };
  });
  return {
    columns,
    hasNames: names !== undefined,
    width: inputs + 1,
    missing: { mode: 'refuse', values: [] },
    encodings: columns.map(() => ({ kind: 'number', fill: 0, hasIndicator: false })),
  };
}

function encodedIn(record: Fields, names: unknown, inputs: number): Encoded | string {
  const { version, table_columns: width, missing, missing_values: values, columns: given } = record;
  if (version !== ENCODING_VERSION) {
    return `its encoding has version ${shown(version)}, expected ${ENCODING_VERSION}; use a newer Lockstep`;
  }
  const problem = 'its encoding does not match its inputs';
  const mode = MISSING_MODES.find((each) => each === missing);
  if (mode === undefined || !isListOf(values, isText) || !isCount(width) || !Array.isArray(given)) return problem;
  const columns: InputColumn[] = [];
  const encodings: Encoding[] = [];
  for (const each of given as unknown[]) {
    const fields = fieldsOf(each);
    const encoding = encodingIn(fields);
    const { name, position } = fields;
    if (!encoding || !isText(name) || !isCount(position) || position > width) return problem;
    columns.push({ name, position: position - 1, kind: encoding.kind });
    encodings.push(encoding);
  }
  const own = columns.map(({ name }) => name);
  const isSame = names === undefined || (isListOf(names, isText) && JSON.stringify(names) === JSON.stringify(own));
  if (!isSame || new Set(own).size !== own.length) return 'its columns do not match its encoding';
  if (new Set(columns.map(({ position }) => position)).size !== columns.length) return problem;
  if (encodings.reduce((sum, encoding) => sum + inputsOf(encoding), 0) !== inputs) return problem;
  return { columns, hasNames: names !== undefined, width, missing: { mode, values }, encodings };
}

function encodingIn(fields: Fields): Encoding | undefined {
  const { kind, fill, indicator, months, weekdays, hours, levels, other, missing } = fields;
  if (kind === 'category') {
    if (!isListOf(levels, isText) || new Set(levels).size !== levels.length) return undefined;
    if (typeof other !== 'boolean' || typeof missing !== 'boolean') return undefined;
    return { kind, levels, hasOther: other, hasMissing: missing };
  }
  if (typeof fill !== 'number' || !Number.isFinite(fill) || typeof indicator !== 'boolean') return undefined;
  const bins = edgesIn(fields.edges);
  if (!bins) return undefined;
  if (kind === 'number') return { kind, fill, hasIndicator: indicator, ...bins };
  if (kind !== 'date' || !areParts(months, 1, 12) || !areParts(weekdays, 1, 7) || !areParts(hours, 0, 23)) {
    return undefined;
  }
  return { kind, fill, hasIndicator: indicator, months, weekdays, hours, ...bins };
}

function areParts(value: unknown, least: number, most: number): value is number[] {
  const isPart = (part: unknown): part is number =>
    Number.isInteger(part) && (part as number) >= least && (part as number) <= most;
  return isListOf(value, isPart) && new Set(value).size === value.length;
}

function isListOf<T>(value: unknown, is: (each: unknown) => each is T): value is T[] {
  return Array.isArray(value) && value.every(is);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function areDistinct(value: unknown, count: number, is: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length === count && value.every(is) && new Set(value).size === count;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isClassName(value: unknown): value is ClassName {
  return isText(value) || Number.isFinite(value);
}
