/**
 * The network that a file describes: layers by its tensors, and what its metadata say of them. The one place that reads this,
 * for whatever the file is wanted. What is not understood is refused: it would be computed as something else.
 */
import { type TableModel, tableIn } from '../data/table/facts.js';
import { shown } from '../errors.js';
import { parseJson } from '../files/json.js';
import { isRecord } from '../files/record.js';
import { type TensorFile, TensorFileError } from '../files/safetensors.js';
import { activationNames, DEFAULT_ACTIVATION } from '../kernels/activations.js';

/** Readers refuse what they don't know: a file of a higher number. */
export const FORMAT_VERSION = 1;

/** There is no other yet. */
const OUTPUT = 'softmax';

/** A pixel p is the input p / 255, rounded to float32. */
const PIXEL_SCALING = JSON.stringify({ divide_by: 255 });

type Metadata = Readonly<Record<string, string>>;

export interface DescribedNetwork {
  /** Widths, input to output. */
  readonly layers: readonly number[];
  /** Of the hidden layers. */
  readonly activation: string;
  /** What it was trained on, if that was a table. */
  readonly table: TableModel | undefined;
}

/** Of a network that was trained on images: those of a table are `tableMetadata`. */
export const IMAGE_METADATA = { input_scaling: PIXEL_SCALING };

/** The metadata that `describedNetwork` reads, but for those of the inputs. */
export function networkMetadata(layers: readonly number[], activation: string): Record<string, string> {
  return {
    format_version: String(FORMAT_VERSION),
    architecture: JSON.stringify({ layers, activation, output: OUTPUT }),
    classes: String(layers.at(-1)),
  };
}

/** @throws TensorFileError if the tensors are no network, or the metadata say that they are one that Lockstep does not compute */
export function describedNetwork({ tensors, metadata }: Pick<TensorFile, 'tensors' | 'metadata'>): DescribedNetwork {
  const isOurs = metadata.lockstep !== undefined;
  if (isOurs) requireKind(metadata);
  const layers = layersOf(tensors);
  // (Another program may have said nothing.)
  const isDescribed = isOurs || metadata.architecture !== undefined;
  const activation = isDescribed ? activationIn(metadata.architecture, layers) : DEFAULT_ACTIVATION;
  const classes = layers.at(-1)!;
  if (isOurs && metadata.classes !== String(classes)) {
    throw new TensorFileError(
      `it says that it has ${shown(metadata.classes)} classes, and its tensors have ${classes}`,
    );
  }
  return { layers, activation, table: tableOf(metadata, layers) };
}

function requireKind({ lockstep, format_version: version }: Metadata): void {
  if (lockstep !== 'model' && lockstep !== 'checkpoint') throw new TensorFileError(`it is a ${shown(lockstep)}`);
  if (version === String(FORMAT_VERSION)) return;
  throw new TensorFileError(`format version ${shown(version)}, expected ${FORMAT_VERSION}; use a newer Lockstep`);
}

/** Widths, from the tensors' own shapes. */
function layersOf(tensors: TensorFile['tensors']): number[] {
  const first = tensors.get('layers.0.weight');
  if (first?.shape.length !== 2) throw new TensorFileError('it has no tensor layers.0.weight [inputs, outputs]');
  const layers = [...first.shape];
  for (let l = 1; ; l++) {
    const weight = tensors.get(`layers.${l}.weight`);
    if (!weight) break;
    const [inputs, outputs] = weight.shape;
    if (weight.shape.length !== 2 || inputs !== layers.at(-1)) {
      throw new TensorFileError(`tensor layers.${l}.weight does not take what the layer before gives`);
    }
    layers.push(outputs!);
  }
  requireNoOthers(tensors, layers.length - 1);
  if (layers.includes(0) || layers.at(-1)! < 2)
    throw new TensorFileError(`a network ${layers.join('-')} classifies nothing`);
  return layers;
}

/** A layer behind a gap, or a third tensor of one, would be passed over. */
function requireNoOthers(tensors: TensorFile['tensors'], count: number): void {
  const known = new Set(Array.from({ length: count }, (_, l) => [`layers.${l}.weight`, `layers.${l}.bias`]).flat());
  const stray = [...tensors.keys()].find((name) => name.startsWith('layers.') && !known.has(name));
  if (stray === undefined) return;
  throw new TensorFileError(`tensor ${shown(stray)} belongs to no layer; expected layers.0 to layers.${count - 1}`);
}

/** The activation, once all of the architecture is known to be supported. */
function activationIn(text: string | undefined, layers: readonly number[]): string {
  const architecture = jsonIn(text);
  const { layers: widths, activation, output, ...others } = isRecord(architecture) ? architecture : {};
  const known = activationNames().find((name) => name === activation);
  if (known === undefined || output !== OUTPUT || Object.keys(others).length > 0) {
    const expected = `expected layers, activation ${activationNames().join(' or ')} and output ${OUTPUT}`;
    throw new TensorFileError(`unsupported architecture ${shown(text ?? 'none')}; ${expected}`);
  }
  if (Array.isArray(widths) && widths.join() === layers.join()) return known;
  throw new TensorFileError(
    `its architecture has the layers ${shown(widths)}, and its tensors ${layers.join()}: they do not belong together`,
  );
}

/** Undefined where it was trained on images, or another program made it. */
function tableOf(metadata: Metadata, layers: readonly number[]): TableModel | undefined {
  const table = tableIn(metadata, layers);
  if (typeof table === 'string') throw new TensorFileError(table);
  if (table) return table;
  const { input_scaling: scaling, columns, label } = metadata;
  if (columns !== undefined || label !== undefined) {
    throw new TensorFileError('it has the columns of a table, and no class_names');
  }
  if (scaling !== undefined && JSON.stringify(jsonIn(scaling)) !== PIXEL_SCALING) {
    throw new TensorFileError(`unsupported input_scaling ${shown(scaling)}; expected ${PIXEL_SCALING} for images`);
  }
  return undefined;
}

function jsonIn(text: string | undefined): unknown {
  try {
    return parseJson(text ?? '');
  } catch {
    return undefined;
  }
}
