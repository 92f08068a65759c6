/** A layer as the WebAssembly module sees it: byte addresses, and the functions for its sizes. Made once for each kernel. */
import { formOf, type LayerMemory, type Panel, type Reals, skipsZeros } from '../memory/layer-memory.js';
import { ownBatch, type Plan } from '../memory/plan.js';
import { inVectors, LANES, padded, panelCount, panelStart } from '../memory/tiling.js';
import type { Apply, WasmFunction, WasmModule } from './wasm-module.js';

export const REAL_BYTES = 4;
export const WORD_BYTES = 4;
const VECTOR_BYTES = LANES * REAL_BYTES;

/** `Blocks.SAMPLES` of assembly/vector.ts: a batch of at most this size is one block. */
export const SAMPLE_BLOCK = 256;

/** Maximum vectors of a row that back-propagation takes at once (`PARTS` in assembly/templates.mjs). */
const PART_VECTORS = 8;

/** `FEW` in assembly/templates.mjs. */
const FEW_VECTORS = 4;

/** Samples or rows of a tile, by its vectors: tiles that the module has. */
export type TileRows = Readonly<Record<number, number>>;

/** Going forward and back, and reducing. */
export interface Tilings {
  readonly forward: TileRows;
  readonly reduce: TileRows;
}

export interface WasmPanel {
  readonly firstColumn: number;
  readonly width: number;
  /** Width without padding. */
  readonly columns: number;
  readonly vectors: number;
  readonly rowBytes: number;
  readonly weights: number;
  readonly bias: number;
  /** z going forward, δ going back. */
  readonly delta: number;
  readonly gradients: readonly number[];
  readonly moments: readonly number[];
  /** For inputs in dense form. */
  readonly forwardTiles: readonly Tile<{ readonly forward: WasmFunction }>[];
  readonly reduceTiles: readonly Tile<{ readonly reduce: Reduce }>[];
  readonly reduceBias: Readonly<Record<Apply, WasmFunction>>;
  /** For sparse inputs. */
  readonly forward: WasmFunction;
  readonly reduce: Reduce;
  /** For back-propagation: the panel without padding. */
  readonly parts: readonly Part[];
}

/** The weights of some units of a panel of the layer below, mirrored: as many as are computed at once. */
export interface Mirror {
  readonly address: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly rowBytes: number;
  /** Of a quarter of its rows. */
  readonly laneBytes: number;
  readonly backward: WasmFunction;
  /** Of the first of the units. */
  readonly below: number;
  readonly belowRowBytes: number;
}

/** By what becomes of the sum, for batches of one block of samples, and of several. */
type Reduce = Readonly<Record<Apply, { readonly oneBlock: WasmFunction; readonly blocks: WasmFunction }>>;

/** Some of a panel's columns, which are computed together, and the offset of the first of them in a row, in bytes. */
type Tile<F> = F & { readonly offset: number };

export interface Part {
  readonly offset: number;
  readonly backward: WasmFunction;
  readonly denseBackward: WasmFunction;
  readonly denseBackwardTimes: WasmFunction;
}

/** What a run's layers have in common. */
export interface LayerFacts {
  readonly slots: number;
  readonly tilings: Tilings;
  /** Whether back-propagation multiplies by a derivative that is stored. */
  readonly storesSlope: boolean;
}

export interface WasmLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** Columns of all panels, in units of `unit` columns, of which panels are made. */
  readonly units: number;
  readonly unit: number;
  readonly isDense: boolean;
  readonly starts: number;
  readonly lengths: number;
  readonly index: number;
  readonly value: number;
  readonly blockInputs: number;
  /** Where each block of inputs begins, and where the last ends. */
  readonly blockBounds: readonly number[];
  readonly panels: readonly WasmPanel[];
  readonly mirrors: readonly Mirror[];
  /** See `LayerMemory`. */
  readonly mirrorBlocks: number;
  readonly mirrorBlockRows: number;
  readonly transposed: { readonly slot: number; readonly value: number };
  /** For each slice. */
  readonly cursors: (slice: number) => number;
  readonly rowSquares: (row: number) => number;
  readonly inputSquares: number;
  readonly deltaSquares: (slot: number) => number;
}

/** @param below  undefined for the first layer */
export function wasmLayer(
  layer: LayerMemory,
  below: LayerMemory | undefined,
  wasm: WasmModule,
  facts: LayerFacts,
): WasmLayer {
  const { slots, tilings } = facts;
  const { inputs, inputRows, inputBlocks, blockInputs, paddedOutputs, lanes, transposed } = layer;
  const { rowSquares, inputSquares, deltaSquares } = layer;
  const { starts, lengths, index, value, blockBounds } = inputRows;
  return {
    inputs,
    outputs: layer.outputs,
    units: paddedOutputs / lanes,
    unit: lanes,
    isDense: inputRows.form === 'dense',
    starts: starts.byteOffset,
    lengths: lengths.byteOffset,
    index: index.byteOffset,
    value: value.byteOffset,
    blockInputs,
    blockBounds: Array.from({ length: inputBlocks + 1 }, (_, b) => blockBounds.byteOffset + b * slots * WORD_BYTES),
    panels: layer.panels.map((panel) => wasmPanel(panel, layer, wasm, tilings)),
    mirrors: layer.mirror.flatMap((mirror, p) => mirrorsOf(mirror, below!.panels[p]!, layer, wasm, facts)),
    mirrorBlocks: layer.mirrorBlocks,
    mirrorBlockRows: layer.mirrorBlockRows,
    transposed: { slot: transposed.slot.byteOffset, value: transposed.value.byteOffset },
    // A cursor for each row, and two more.
    cursors: (slice) => transposed.cursors.byteOffset + slice * (inputs + 3) * WORD_BYTES,
    rowSquares: (row) => rowSquares.byteOffset + row * LANES * rowSquares.BYTES_PER_ELEMENT,
    inputSquares: inputSquares.byteOffset,
    deltaSquares: (slot) => deltaSquares.byteOffset + slot * LANES * deltaSquares.BYTES_PER_ELEMENT,
  };
}

function wasmPanel(panel: Panel, { inputs, outputs }: LayerMemory, wasm: WasmModule, tilings: Tilings): WasmPanel {
  const { firstColumn, width, weights, delta, gradients, moments } = panel;
  const addressOf = ({ byteOffset }: Reals) => byteOffset;
  const vectors = width / LANES;
  const rowBytes = width * REAL_BYTES;
  const columns = Math.min(width, outputs - firstColumn);
  return {
    firstColumn,
    width,
    columns,
    vectors,
    rowBytes,
    weights: addressOf(weights),
    bias: addressOf(weights) + inputs * rowBytes,
    delta: addressOf(delta),
    gradients: gradients.map(addressOf),
    moments: moments.map(addressOf),
    forwardTiles: tileSizes(vectors, tilings.forward).map(({ offset, size }) => {
      return { offset, forward: wasm.denseForward[size]! };
    }),
    reduceTiles: tileSizes(vectors, tilings.reduce).map(({ offset, size }) => {
      return { offset, reduce: reduceOf('Dense', size, wasm) };
    }),
    reduceBias: { step: wasm.stepBias[vectors]!, keep: wasm.keepBias[vectors]! },
    forward: wasm.forward[vectors]!,
    reduce: reduceOf('Sparse', `${vectors}`, wasm),
    parts: divide(Math.ceil(columns / LANES), PART_VECTORS, 1).map(({ offset, vectors: ofPart }) => ({
      offset,
      backward: wasm.backward[ofPart]!,
      denseBackward: wasm.denseBackward[ofPart]!,
      denseBackwardTimes: wasm.denseBackwardTimes[ofPart]!,
    })),
  };
}

function mirrorsOf(
  mirror: Reals,
  { firstColumn, width, delta }: Panel,
  { panels, outputs, mirrorBlocks }: LayerMemory,
  wasm: WasmModule,
  { tilings, storesSlope }: LayerFacts,
): Mirror[] {
  const height = inVectors(outputs);
  const times = storesSlope ? 'Times' : '';
  const vectors = width / LANES;
  const functions =
    mirrorBlocks > 0
      ? [{ offset: 0, vectors, backward: wasm.forward[vectors]! }]
      : isFew(panels.length)
        ? fewOf(width / LANES).map(({ offset, vectors }) => {
            return { offset, vectors, backward: wasm[`fewBackward${times}`][vectors]! };
          })
        : tileSizes(width / LANES, tilings.forward).map(({ offset, vectors, size }) => {
            return { offset, vectors, backward: wasm[`mirrorBackward${times}`][size]! };
          });
  return functions.map(({ offset, vectors, backward }) => {
    const rowBytes = vectors * VECTOR_BYTES;
    return {
      address: mirror.byteOffset + offset * height,
      firstRow: firstColumn + offset / REAL_BYTES,
      rows: vectors * LANES,
      rowBytes,
      laneBytes: (height / LANES) * rowBytes,
      backward,
      below: delta.byteOffset + offset,
      belowRowBytes: width * REAL_BYTES,
    };
  });
}

/** Whether a layer's outputs are so few that all their sums are computed at once. */
export function isFew(panels: number): boolean {
  return panels === 1;
}

/** As many columns as can have four sums each in registers, pair by pair of vectors. */
function fewOf(vectors: number): { readonly offset: number; readonly vectors: number }[] {
  return Array.from({ length: Math.ceil(vectors / FEW_VECTORS) }, (_, i) => {
    return { offset: i * FEW_VECTORS * VECTOR_BYTES, vectors: Math.min(FEW_VECTORS, vectors - i * FEW_VECTORS) };
  });
}

/** (Only pairs of vectors have tiles where all sizes are even.) */
function tileSizes(
  vectors: number,
  tileRows: TileRows,
): { readonly offset: number; readonly vectors: number; readonly size: string }[] {
  const widths = Object.keys(tileRows).map(Number);
  return divide(vectors, Math.max(...widths), Math.min(...widths)).map(({ offset, vectors: width }) => {
    return { offset, vectors: width, size: `${width}_${tileRows[width]}` };
  });
}

function reduceOf(form: 'Sparse' | 'Dense', size: string, wasm: WasmModule): Reduce {
  return {
    step: { oneBlock: wasm[`step${form}`][size]!, blocks: wasm[`step${form}Blocks`][size]! },
    keep: { oneBlock: wasm[`keep${form}`][size]!, blocks: wasm[`keep${form}Blocks`][size]! },
  };
}

/** A row in as few parts of at most `most` vectors as possible, nearly equal multiples of `unit`, none smaller than the next. */
function divide(vectors: number, most: number, unit: number): { readonly offset: number; readonly vectors: number }[] {
  const count = Math.ceil(vectors / most);
  const largest = Math.ceil(vectors / unit / count) * unit;
  return Array.from({ length: count }, (_, i) => {
    return { offset: i * largest * VECTOR_BYTES, vectors: Math.min(largest, vectors - i * largest) };
  });
}

/** Names of the exports with sizes that a run with this plan calls in a layer. */
export function exportsOf(plan: Plan, l: number, tilings: Tilings): Set<string> {
  const isDense = formOf(plan, l) === 'dense';
  const kind = isDense ? 'Dense' : 'Sparse';
  const apply = plan.gradientBuffers > 0 ? 'keep' : 'step';
  const blocks = ownBatch(plan) > SAMPLE_BLOCK ? 'Blocks' : '';
  // (As the kernel does: an activation with dense values has its derivative stored.)
  const times = plan.hiddenForm === 'dense' ? 'Times' : '';
  const backward = times ? 'denseBackwardTimes' : isDense ? 'denseBackward' : 'backward';
  const names = new Set<string>();
  let before = 0;
  for (const width of panelWidths(plan, l)) {
    const vectors = width / LANES;
    const sizes = (tiling: TileRows) => (isDense ? tileSizes(vectors, tiling).map(({ size }) => size) : [`${vectors}`]);
    for (const size of sizes(tilings.forward)) names.add(`${isDense ? 'denseForward' : 'forward'}${size}`);
    for (const size of sizes(tilings.reduce)) names.add(`${apply}${kind}${blocks}${size}`);
    if (isDense) names.add(`${apply}Bias${vectors}`);
    const used = Math.ceil(Math.min(width, plan.layers[l + 1]! - before) / LANES);
    before += width;
    if (l === 0 || plan.mirrors) continue;
    for (const part of divide(used, PART_VECTORS, 1)) names.add(`${backward}${part.vectors}`);
  }
  if (l > 0 && plan.mirrors) {
    for (const width of panelWidths(plan, l - 1)) {
      if (skipsZeros(plan, l)) {
        names.add(`forward${width / LANES}`);
        continue;
      }
      for (const { size } of tileSizes(width / LANES, tilings.forward)) names.add(`mirrorBackward${times}${size}`);
      for (const { vectors } of fewOf(width / LANES)) names.add(`fewBackward${times}${vectors}`);
    }
  }
  return names;
}

function panelWidths(plan: Plan, l: number): number[] {
  const columns = padded(plan.layers[l + 1]!, plan);
  const count = panelCount(plan, l, columns);
  const starts = Array.from({ length: count + 1 }, (_, p) => panelStart(p, count, columns, plan.lanes));
  return starts.slice(1).map((start, p) => start - starts[p]!);
}
