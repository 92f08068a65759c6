/** The description of the training table that a network keeps, and its metadata in files. */
import { parseJsonOr } from '../../files/json.js';
import { fieldsOf, isRecord } from '../../files/type-guards.js';
import type { ClassName } from './cells.js';
import type { Expected } from './columns.js';
import { SCALES, type Scale, type Scaling } from './scaling.js';
import type { ColumnPlace } from './targets.js';

export interface TableFacts {
  /** The first target if there are targets. */
  readonly label: ColumnPlace;
  /** Numbers to estimate; empty for classes. */
  readonly targets?: readonly ColumnPlace[];
  readonly weight?: ColumnPlace | undefined;
  /** Names of the inputs, in order; undefined without a header. */
  readonly columns: readonly string[] | undefined;
  /** Names of the classes 0, 1, 2, …; empty for numbers to estimate. */
  readonly classNames: readonly ClassName[];
}

export interface TableModel extends TableFacts {
  readonly scale: Scale;
  /** Undefined with scale `none`. */
  readonly scaling: Scaling | undefined;
}

export function expectedOf({ label, targets = [], weight, columns }: TableFacts, inputs: number): Expected {
  return { names: columns, inputs, label, targets, weight };
}

/** See docs/model-files.md. The targets are in `targetsMetadata`. */
export function tableMetadata({
  label,
  targets = [],
  weight,
  columns,
  classNames,
  scale,
  scaling,
}: TableModel): Record<string, string> {
  const { subtract = [], divideBy = [] } = scaling ?? {};
  return {
    input_scaling: JSON.stringify({
      method: scale,
      ...(scaling && { subtract: [...subtract], divide_by: [...divideBy] }),
    }),
    ...(targets.length === 0 && { class_names: JSON.stringify(classNames) }),
    columns: JSON.stringify(columns ?? null),
    ...(targets.length === 0 && { label: JSON.stringify(placeRecord(label)) }),
    ...(weight && { weight: JSON.stringify(placeRecord(weight)) }),
  };
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
 * @param targets  columns of numbers to estimate; empty for classes
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
  const columns = parseJsonOr(metadata.columns, Number.NaN) ?? undefined;
  const label = isOfNumbers ? targets[0] : placeIn(parseJsonOr(metadata.label, undefined));
  const weight = metadata.weight === undefined ? undefined : placeIn(parseJsonOr(metadata.weight, undefined));
  if (!isOfNumbers && !areDistinct(classNames, layers.at(-1)!, isClassName))
    return 'its class names do not match its outputs';
  if (columns !== undefined && !areDistinct(columns, inputs, isText)) return 'its columns do not match its inputs';
  if (!label) return 'its label is not a column';
  if (metadata.weight !== undefined && !weight) return 'its weight is not a column';
  const scaled = scalingIn(parseJsonOr(metadata.input_scaling, undefined), inputs);
  if (!scaled) return 'its scaling does not match its inputs';
  return {
    label,
    ...(isOfNumbers && { targets }),
    ...(weight && { weight }),
    columns: columns as string[] | undefined,
    classNames: classNames as ClassName[],
    ...scaled,
  };
}

function scalingIn(value: unknown, inputs: number): Pick<TableModel, 'scale' | 'scaling'> | undefined {
  const { method, subtract, divide_by: divideBy } = isRecord(value) ? value : {};
  const scale = SCALES.find((each) => each === method);
  if (scale === undefined) return undefined;
  if (scale === 'none')
    return subtract === undefined && divideBy === undefined ? { scale, scaling: undefined } : undefined;
  if (!areSingles(subtract, inputs) || !areSingles(divideBy, inputs) || divideBy.includes(0)) return undefined;
  return { scale, scaling: { subtract: Float32Array.from(subtract), divideBy: Float32Array.from(divideBy) } };
}

function areSingles(value: unknown, count: number): value is number[] {
  return (
    Array.isArray(value) &&
    value.length === count &&
    value.every((each) => Number.isFinite(each) && Math.fround(each as number) === each)
  );
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
