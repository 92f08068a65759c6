/**
 * Reads the network that a file describes, from its tensors and metadata. An unsupported description is an error, because
 * the network would be computed incorrectly.
 */

import { type ColumnPlace, nameOfTarget } from '../data/table/column-place.js';
import { placeIn, placeRecord, type TableModel, tableIn } from '../data/table/table-metadata.js';
import { shown } from '../errors.js';
import { parseJsonOr } from '../files/json.js';
import { type TensorFile, TensorFileError } from '../files/safetensors.js';
import { fieldsOf, isRecord } from '../files/type-guards.js';
import { activationNames, DEFAULT_ACTIVATION } from '../kernels/activations.js';
import type { Target } from '../memory/plan.js';
import { DEFAULT_OBJECTIVE, isObjectiveName, type ObjectiveName } from '../model/objectives/index.js';
import { memberCountIn, requireNoOtherMembers, tensorsOfMember } from './ensemble.js';

/** Of networks for classes. Those that estimate numbers have none: their outputs are standardized numbers. */
const SOFTMAX = 'softmax';
const NUMBERS = 'standardized';

/** A pixel p is the input p / 255, rounded to float32. */
const PIXEL_SCALING = JSON.stringify({ divide_by: 255 });

type Metadata = Readonly<Record<string, string>>;

export interface DescribedNetwork {
  /** Widths, input to output. */
  readonly layers: readonly number[];
  readonly activation: string;
  /** What it was trained for; for classes if the file does not say. */
  readonly objective: ObjectiveName;
  /** The regression targets; empty for classes. */
  readonly targets: readonly Target[];
  /** What it was trained on, if that was a table. */
  readonly table: TableModel | undefined;
  /** Number of networks of this form: 1, or those of an ensemble. */
  readonly members: number;
}

/** Metadata of a network that was trained on images; for tables, see `tableMetadata`. */
export const IMAGE_METADATA = { input_scaling: PIXEL_SCALING };

/** The metadata that `describedNetwork` reads, except those of the inputs. */
export function networkMetadata(
  layers: readonly number[],
  activation: string,
  objective: string,
  targets: readonly Target[],
  table: TableModel | undefined,
): Record<string, string> {
  const isOfNumbers = targets.length > 0;
  return {
    architecture: JSON.stringify({ layers, activation, output: isOfNumbers ? NUMBERS : SOFTMAX }),
    objective,
    ...(isOfNumbers ? targetsMetadata(targets, table) : { classes: String(layers.at(-1)) }),
  };
}

/** For a table, each target with its column. */
function targetsMetadata(targets: readonly Target[], table: TableModel | undefined): { readonly targets: string } {
  const places = table?.targets?.map(placeRecord);
  const records = targets.map(({ name, mean, deviation }, k) => ({ ...(places?.[k] ?? { name }), mean, deviation }));
  return { targets: JSON.stringify(records) };
}

interface FoundTargets {
  readonly targets: readonly Target[];
  /** Empty if it was not trained on a table. */
  readonly places: readonly ColumnPlace[];
}

/** The reverse. @throws TensorFileError if they do not fit the outputs */
function targetsIn({ targets: text }: Metadata, isOfNumbers: boolean, outputs: number): FoundTargets {
  if (!isOfNumbers && text === undefined) return { targets: [], places: [] };
  const records = parseJsonOr(text, undefined);
  const problem = new TensorFileError('its targets do not match its outputs or its objective');
  if (!isOfNumbers || !Array.isArray(records) || records.length !== outputs) throw problem;
  const places = records.flatMap((record: unknown) => placeIn(record) ?? []);
  if (places.length !== 0 && places.length !== outputs) throw problem;
  const targets = records.map((record: unknown, k): Target => {
    const { name, mean, deviation } = fieldsOf(record);
    const own = places[k] ? nameOfTarget(places[k]) : name;
    const isTarget =
      typeof own === 'string' && Number.isFinite(mean) && Number.isFinite(deviation) && Number(deviation) > 0;
    if (!isTarget) throw problem;
    return { name: own, mean: mean as number, deviation: deviation as number };
  });
  return { targets, places };
}

/** @throws TensorFileError if the tensors do not form a network, or the metadata describes an unsupported one */
export function describedNetwork({
  tensors: all,
  metadata,
}: Pick<TensorFile, 'tensors' | 'metadata'>): DescribedNetwork {
  const isOurs = metadata.lockstep !== undefined;
  if (isOurs) requireKind(metadata);
  const members = isOurs ? memberCountIn(metadata) : 1;
  if (members > 1) requireNoOtherMembers(all, members);
  const tensors = members > 1 ? tensorsOfMember(all, 0) : all;
  const objective = objectiveIn(metadata);
  const isOfNumbers = objective !== DEFAULT_OBJECTIVE;
  const layers = layersOf(tensors, isOfNumbers ? 1 : 2);
  for (let m = 1; m < members; m++) requireSameLayers(layers, layersOf(tensorsOfMember(all, m), 1), m);
  // Files of other programs may have no description.
  const isDescribed = isOurs || metadata.architecture !== undefined;
  const output = isOfNumbers ? NUMBERS : SOFTMAX;
  const activation = isDescribed ? activationIn(metadata.architecture, layers, output) : DEFAULT_ACTIVATION;
  const outputs = layers.at(-1)!;
  if (isOurs && !isOfNumbers && metadata.classes !== String(outputs)) {
    throw new TensorFileError(
      `its metadata declares ${shown(metadata.classes)} classes, but its tensors have ${outputs}`,
    );
  }
  const { targets, places } = targetsIn(metadata, isOfNumbers, outputs);
  return { layers, activation, objective, targets, table: tableModelIn(metadata, layers, places), members };
}

function requireKind({ lockstep }: Metadata): void {
  if (lockstep !== 'model' && lockstep !== 'checkpoint') throw new TensorFileError(`it is a ${shown(lockstep)}`);
}

function objectiveIn({ objective = DEFAULT_OBJECTIVE }: Metadata): ObjectiveName {
  if (isObjectiveName(objective)) return objective;
  throw new TensorFileError(`unsupported objective ${shown(objective)}; use a newer Lockstep`);
}

/** Widths, from the shapes of the tensors. */
function layersOf(tensors: TensorFile['tensors'], leastOutputs: number): number[] {
  const first = tensors.get('layers.0.weight');
  if (first?.shape.length !== 2) throw new TensorFileError('it has no tensor layers.0.weight [inputs, outputs]');
  const layers = [...first.shape];
  for (let l = 1; ; l++) {
    const weight = tensors.get(`layers.${l}.weight`);
    if (!weight) break;
    const [inputs, outputs] = weight.shape;
    if (weight.shape.length !== 2 || inputs !== layers.at(-1)) {
      throw new TensorFileError(`tensor layers.${l}.weight does not fit the outputs of the previous layer`);
    }
    layers.push(outputs!);
  }
  requireNoOthers(tensors, layers.length - 1);
  if (layers.includes(0) || layers.at(-1)! < leastOutputs)
    throw new TensorFileError(`a network ${layers.join('-')} cannot classify`);
  return layers;
}

function requireSameLayers(layers: readonly number[], found: readonly number[], member: number): void {
  if (found.join() === layers.join()) return;
  throw new TensorFileError(
    `network ${member} has the layers ${found.join('-')}, but network 0 has ${layers.join('-')}`,
  );
}

/** Layers after a gap, or additional tensors of a layer, must not be ignored. */
function requireNoOthers(tensors: TensorFile['tensors'], count: number): void {
  const known = new Set(Array.from({ length: count }, (_, l) => [`layers.${l}.weight`, `layers.${l}.bias`]).flat());
  const stray = [...tensors.keys()].find((name) => name.startsWith('layers.') && !known.has(name));
  if (stray === undefined) return;
  throw new TensorFileError(`tensor ${shown(stray)} belongs to no layer; expected layers.0 to layers.${count - 1}`);
}

/** The activation, once all of the architecture is known to be supported. */
function activationIn(text: string | undefined, layers: readonly number[], expectedOutput: string): string {
  const architecture = parseJsonOr(text, undefined);
  const { layers: widths, activation, output, ...others } = isRecord(architecture) ? architecture : {};
  const known = activationNames().find((name) => name === activation);
  if (known === undefined || output !== expectedOutput || Object.keys(others).length > 0) {
    const expected = `expected layers, an activation (${activationNames().join(', ')}) and output ${expectedOutput}`;
    throw new TensorFileError(`unsupported architecture ${shown(text ?? 'none')}; ${expected}`);
  }
  if (Array.isArray(widths) && widths.join() === layers.join()) return known;
  throw new TensorFileError(`its architecture has the layers ${shown(widths)}, but its tensors have ${layers.join()}`);
}

/** Undefined if it was trained on images, or another program wrote it. */
function tableModelIn(
  metadata: Metadata,
  layers: readonly number[],
  targets: readonly ColumnPlace[],
): TableModel | undefined {
  const table = tableIn(metadata, layers, targets);
  if (typeof table === 'string') throw new TensorFileError(table);
  if (table) return table;
  const { input_scaling: scaling, columns, label } = metadata;
  if (columns !== undefined || label !== undefined) {
    throw new TensorFileError('it has columns or a label, but no class_names');
  }
  if (scaling !== undefined && JSON.stringify(parseJsonOr(scaling, undefined)) !== PIXEL_SCALING) {
    throw new TensorFileError(`unsupported input_scaling ${shown(scaling)}; expected ${PIXEL_SCALING} for images`);
  }
  return undefined;
}
