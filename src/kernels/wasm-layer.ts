/** A layer as the WebAssembly module sees it: byte addresses, and the functions for its sizes. Made once for each kernel. */
import type { LayerMemory, Panel, Reals } from '../memory/layout.js';
import { LANES } from '../memory/tiling.js';
import type { WasmFunction, WasmModule } from './wasm-module.js';

export const REAL_BYTES = 4;
export const WORD_BYTES = 4;
const VECTOR_BYTES = LANES * REAL_BYTES;

/** Maximum vectors of a tile. */
const TILE_VECTORS = 4;

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
  readonly tiles: readonly Tile[];
  readonly denseBackward: WasmFunction;
  /** For sparse inputs. */
  readonly forward: WasmFunction;
  readonly backward: WasmFunction;
  readonly reduce: WasmFunction;
  readonly reduceBlocks: WasmFunction;
}

/** Some of a panel's columns, which are computed together. */
export interface Tile {
  /** Offset of its first column in a row, in bytes. */
  readonly offset: number;
  readonly forward: WasmFunction;
  readonly reduce: WasmFunction;
  readonly reduceBlocks: WasmFunction;
}

export interface WasmLayer {
  readonly inputs: number;
  /** Columns of all panels, in vectors. */
  readonly vectors: number;
  readonly isDense: boolean;
  readonly starts: number;
  readonly lengths: number;
  readonly index: number;
  readonly value: number;
  readonly blockInputs: number;
  /** Where each block of inputs begins, and where the last ends. */
  readonly blockBounds: readonly number[];
  readonly panels: readonly WasmPanel[];
  readonly transposed: { readonly slot: number; readonly value: number };
  /** For each slice. */
  readonly cursors: (slice: number) => number;
  readonly rowSquares: (row: number) => number;
}

export function wasmLayer(layer: LayerMemory, slots: number, wasm: WasmModule, tileRows: 2 | 3): WasmLayer {
  const { inputs, inputRows, inputBlocks, blockInputs, paddedOutputs, transposed, rowSquares } = layer;
  const { starts, lengths, index, value, blockBounds } = inputRows;
  return {
    inputs,
    vectors: paddedOutputs / LANES,
    isDense: inputRows.form === 'dense',
    starts: starts.byteOffset,
    lengths: lengths.byteOffset,
    index: index.byteOffset,
    value: value.byteOffset,
    blockInputs,
    blockBounds: Array.from({ length: inputBlocks + 1 }, (_, b) => blockBounds.byteOffset + b * slots * WORD_BYTES),
    panels: layer.panels.map((panel) => wasmPanel(panel, layer, wasm, tileRows)),
    transposed: { slot: transposed.slot.byteOffset, value: transposed.value.byteOffset },
    // A cursor for each row, and two more.
    cursors: (slice) => transposed.cursors.byteOffset + slice * (inputs + 3) * WORD_BYTES,
    rowSquares: (row) => rowSquares.byteOffset + row * LANES * rowSquares.BYTES_PER_ELEMENT,
  };
}

function wasmPanel(panel: Panel, { inputs, outputs }: LayerMemory, wasm: WasmModule, tileRows: 2 | 3): WasmPanel {
  const { firstColumn, width, weights, delta, gradients, moments } = panel;
  const addressOf = ({ byteOffset }: Reals) => byteOffset;
  const vectors = width / LANES;
  const rowBytes = width * REAL_BYTES;
  return {
    firstColumn,
    width,
    columns: Math.min(width, outputs - firstColumn),
    vectors,
    rowBytes,
    weights: addressOf(weights),
    bias: addressOf(weights) + inputs * rowBytes,
    delta: addressOf(delta),
    gradients: gradients.map(addressOf),
    moments: moments.map(addressOf),
    tiles: tilesOf(vectors, wasm, tileRows),
    denseBackward: wasm.denseBackward[vectors]!,
    forward: wasm.forward[vectors]!,
    backward: wasm.backward[vectors]!,
    reduce: wasm.reduce[vectors]!,
    reduceBlocks: wasm.reduceBlocks[vectors]!,
  };
}

/** One tile for a narrow panel, else two, the first not smaller than the second. */
function tilesOf(vectors: number, wasm: WasmModule, tileRows: 2 | 3): Tile[] {
  const first = vectors > TILE_VECTORS ? Math.ceil(vectors / 2) : vectors;
  const tiles: Tile[] = [];
  for (let v = 0; v < vectors; v += first) {
    const width = Math.min(first, vectors - v);
    const size = `${width}x${width === TILE_VECTORS ? 2 : tileRows}`;
    tiles.push({
      offset: v * VECTOR_BYTES,
      forward: wasm.denseForward[size]!,
      reduce: wasm.denseReduce[size]!,
      reduceBlocks: wasm.denseReduceBlocks[size]!,
    });
  }
  return tiles;
}
