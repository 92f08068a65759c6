/**
 * Reads the network that a file describes, from its tensors and metadata. An unsupported description is an error, because
 * the network would be computed incorrectly.
 */
import { type TableModel, tableIn } from '../data/table/table-metadata.js';
import { shown } from '../errors.js';
import { parseJsonOr } from '../files/json.js';
import { type TensorFile, TensorFileError } from '../files/safetensors.js';
import { isRecord } from '../files/type-guards.js';
import { activationNames, DEFAULT_ACTIVATION } from '../kernels/activations.js';
import { DEFAULT_OBJECTIVE, isObjectiveName, type ObjectiveName } from '../model/objectives/index.js';

/** Readers refuse files with a higher version. */
export const FORMAT_VERSION = 1;

/** There is no other yet. */
const OUTPUT = 'softmax';

/** A pixel p is the input p / 255, rounded to float32. */
const PIXEL_SCALING = JSON.stringify({ divide_by: 255 });

type Metadata = Readonly<Record<string, string>>;

export interface DescribedNetwork {
  /** Widths, input to output. */
  readonly layers: readonly number[];
  readonly activation: string;
  /** What it was trained for; for classes if the file does not say. */
  readonly objective: ObjectiveName;
  /** What it was trained on, if that was a table. */
  readonly table: TableModel | undefined;
}

/** Metadata of a network that was trained on images; for tables, see `tableMetadata`. */
export const IMAGE_METADATA = { input_scaling: PIXEL_SCALING };

/** The metadata that `describedNetwork` reads, except those of the inputs. */
export function networkMetadata(
  layers: readonly number[],
  activation: string,
  objective: string,
): Record<string, string> {
  return {
    format_version: String(FORMAT_VERSION),
    architecture: JSON.stringify({ layers, activation, output: OUTPUT }),
    objective,
    classes: String(layers.at(-1)),
  };
}

/** @throws TensorFileError if the tensors do not form a network, or the metadata describes an unsupported one */
export function describedNetwork({ tensors, metadata }: Pick<TensorFile, 'tensors' | 'metadata'>): DescribedNetwork {
  const isOurs = metadata.lockstep !== undefined;
  if (isOurs) requireKind(metadata);
  const layers = layersOf(tensors);
  // Files of other programs may have no description.
  const isDescribed = isOurs || metadata.architecture !== undefined;
  const activation = isDescribed ? activationIn(metadata.architecture, layers) : DEFAULT_ACTIVATION;
  const classes = layers.at(-1)!;
  if (isOurs && metadata.classes !== String(classes)) {
    throw new TensorFileError(
      `its metadata declares ${shown(metadata.classes)} classes, but its tensors have ${classes}`,
    );
  }
  return { layers, activation, objective: objectiveIn(metadata), table: tableModelIn(metadata, layers) };
}

function requireKind({ lockstep, format_version: version }: Metadata): void {
  if (lockstep !== 'model' && lockstep !== 'checkpoint') throw new TensorFileError(`it is a ${shown(lockstep)}`);
  if (version === String(FORMAT_VERSION)) return;
  throw new TensorFileError(`format version ${shown(version)}, expected ${FORMAT_VERSION}; use a newer Lockstep`);
}

function objectiveIn({ objective = DEFAULT_OBJECTIVE }: Metadata): ObjectiveName {
  if (isObjectiveName(objective)) return objective;
  throw new TensorFileError(`unsupported objective ${shown(objective)}; use a newer Lockstep`);
}

/** Widths, from the shapes of the tensors. */
function layersOf(tensors: TensorFile['tensors']): number[] {
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
  if (layers.includes(0) || layers.at(-1)! < 2)
    throw new TensorFileError(`a network ${layers.join('-')} cannot classify`);
  return layers;
}

/** Layers after a gap, or additional tensors of a layer, must not be ignored. */
function requireNoOthers(tensors: TensorFile['tensors'], count: number): void {
  const known = new Set(Array.from({ length: count }, (_, l) => [`layers.${l}.weight`, `layers.${l}.bias`]).flat());
  const stray = [...tensors.keys()].find((name) => name.startsWith('layers.') && !known.has(name));
  if (stray === undefined) return;
  throw new TensorFileError(`tensor ${shown(stray)} belongs to no layer; expected layers.0 to layers.${count - 1}`);
}

/** The activation, once all of the architecture is known to be supported. */
function activationIn(text: string | undefined, layers: readonly number[]): string {
  const architecture = parseJsonOr(text, undefined);
  const { layers: widths, activation, output, ...others } = isRecord(architecture) ? architecture : {};
  const known = activationNames().find((name) => name === activation);
  if (known === undefined || output !== OUTPUT || Object.keys(others).length > 0) {
    const expected = `expected layers, activation ${activationNames().join(' or ')} and output ${OUTPUT}`;
    throw new TensorFileError(`unsupported architecture ${shown(text ?? 'none')}; ${expected}`);
  }
  if (Array.isArray(widths) && widths.join() === layers.join()) return known;
  throw new TensorFileError(`its architecture has the layers ${shown(widths)}, but its tensors have ${layers.join()}`);
}

/** Undefined if it was trained on images, or another program wrote it. */
function tableModelIn(metadata: Metadata, layers: readonly number[]): TableModel | undefined {
  const table = tableIn(metadata, layers);
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
