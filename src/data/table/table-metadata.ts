/** The description of the training table that a network keeps, and its metadata in files. */
import { parseJsonOr } from '../../files/json.js';
import { fieldsOf, isRecord } from '../../files/type-guards.js';
import type { ClassName } from './cells.js';
import type { Expected } from './columns.js';
import { SCALES, type Scale, type Scaling } from './scaling.js';

export interface TableFacts {
  readonly label: { readonly name: string | undefined; readonly position: number };
  /** Names of the inputs, in order; undefined without a header. */
  readonly columns: readonly string[] | undefined;
  /** Names of the classes 0, 1, 2, … */
  readonly classNames: readonly ClassName[];
}

export interface TableModel extends TableFacts {
  readonly scale: Scale;
  /** Undefined with scale `none`. */
  readonly scaling: Scaling | undefined;
}

export function expectedOf({ label, columns }: TableFacts, inputs: number): Expected {
  return { names: columns, inputs, label };
}

/** See docs/model-files.md. */
export function tableMetadata({ label, columns, classNames, scale, scaling }: TableModel): Record<string, string> {
  const { subtract = [], divideBy = [] } = scaling ?? {};
  return {
    input_scaling: JSON.stringify({
      method: scale,
      ...(scaling && { subtract: [...subtract], divide_by: [...divideBy] }),
    }),
    class_names: JSON.stringify(classNames),
    columns: JSON.stringify(columns ?? null),
    label: JSON.stringify({ name: label.name ?? null, position: label.position + 1 }),
  };
}

/**
 * Reads the metadata that `tableMetadata` writes.
 *
 * @returns undefined if the network was not trained on a table; a string that describes a problem
 */
export function tableIn(
  metadata: Readonly<Record<string, string>>,
  layers: readonly number[],
): TableModel | string | undefined {
  if (metadata.class_names === undefined) return undefined;
  const [inputs = 0] = layers;
  const classNames = parseJsonOr(metadata.class_names, undefined);
  const columns = parseJsonOr(metadata.columns, Number.NaN) ?? undefined;
  const { name, position } = fieldsOf(parseJsonOr(metadata.label, undefined));
  if (!areDistinct(classNames, layers.at(-1)!, isClassName)) return 'its class names do not match its outputs';
  if (columns !== undefined && !areDistinct(columns, inputs, isText)) return 'its columns do not match its inputs';
  const isLabel = (name === null || isText(name)) && Number.isSafeInteger(position) && (position as number) >= 1;
  if (!isLabel) return 'its label is not a column';
  const scaled = scalingIn(parseJsonOr(metadata.input_scaling, undefined), inputs);
  if (!scaled) return 'its scaling does not match its inputs';
  return {
    label: { name: name ?? undefined, position: (position as number) - 1 },
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
