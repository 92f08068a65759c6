/** What a network must remember of the table that it was trained on, and how files say it. */
import { parseJson } from '../../files/json.js';
import { fieldsOf, isRecord } from '../../files/record.js';
import type { ClassName } from './cells.js';
import type { Expected } from './columns.js';
import { SCALES, type Scale, type Scaling } from './scaling.js';

/** What the columns and classes of a table are. */
export interface TableFacts {
  readonly label: { readonly name: string | undefined; readonly position: number };
  /** Of the inputs, in their order; undefined where there was no header. */
  readonly columns: readonly string[] | undefined;
  /** Of the classes 0, 1, 2, … */
  readonly classNames: readonly ClassName[];
}

/** With how its numbers become inputs. */
export interface TableModel extends TableFacts {
  readonly scale: Scale;
  /** Undefined with scale `none`. */
  readonly scaling: Scaling | undefined;
}

export function expectedOf({ label, columns }: TableFacts, inputs: number): Expected {
  return { names: columns, inputs, label };
}

/** The metadata of a model: docs/files.md. */
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
 * The reverse.
 *
 * @returns undefined if they are of no table; or what is wrong with them
 */
export function tableIn(
  metadata: Readonly<Record<string, string>>,
  layers: readonly number[],
): TableModel | string | undefined {
  if (metadata.class_names === undefined) return undefined;
  const [inputs = 0] = layers;
  const classNames = jsonIn(metadata.class_names);
  const columns = jsonIn(metadata.columns) ?? undefined;
  const { name, position } = fieldsOf(jsonIn(metadata.label));
  if (!areDistinct(classNames, layers.at(-1)!, isClassName)) return 'its class names are not those of its outputs';
  if (columns !== undefined && !areDistinct(columns, inputs, isText)) return 'its columns are not those of its inputs';
  const isLabel = (name === null || isText(name)) && Number.isSafeInteger(position) && (position as number) >= 1;
  if (!isLabel) return 'its label is no column';
  const scaled = scalingIn(jsonIn(metadata.input_scaling), inputs);
  if (!scaled) return 'its scaling is none of its inputs';
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

function jsonIn(text: string | undefined): unknown {
  try {
    return parseJson(text ?? 'null');
  } catch {
    return Number.NaN;
  }
}
