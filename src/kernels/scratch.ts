/** Made-up data in a memory of its own, and for each of a module's functions arguments that make it work on them. */
import { LANES } from '../memory/tiling.js';
import { REAL_BYTES, WORD_BYTES } from './wasm-layer.js';
import type { BySize, WasmFunction, WasmModule } from './wasm-module.js';

export interface ScratchSize {
  readonly inputs: number;
  readonly samples: number;
  /** Fraction of the inputs that are not zero. */
  readonly density: number;
  /** Slot of the first sample. */
  readonly firstSlot: number;
  /** Vectors of the widest panel. */
  readonly vectors: number;
}

const PAGE_BYTES = 65_536;
/** Three rows of six vectors: the largest tile. */
const TOTALS_VECTORS = 18;

export class Scratch {
  readonly memory: WebAssembly.Memory;
  readonly #size: ScratchSize;
  /** Byte addresses by array. */
  readonly #at: Readonly<Record<string, number>>;

  /** @param heapBase  the bytes before it belong to the module */
  constructor(size: ScratchSize, heapBase: number) {
    const { inputs, samples, vectors } = size;
    const width = vectors * LANES;
    const lengths = {
      ...{ weights: (inputs + 1) * width, gradient: (inputs + 1) * width, m: (inputs + 1) * width },
      ...{ v: (inputs + 1) * width, z: samples * width, delta: samples * width, totals: TOTALS_VECTORS * LANES },
      ...{ dense: samples * (inputs + 3), denseStarts: samples, begins: samples, ends: samples, counts: samples },
      ...{ index: samples * inputs, value: samples * inputs, cursors: inputs + 3 },
      ...{ litSlots: samples * (inputs + 1), litValues: samples * (inputs + 1), bounds: 3 * samples },
      ...{ activeStarts: samples, activeCounts: samples, activeIndex: samples * width, activeValue: samples * width },
      ...{ partial: samples * inputs * LANES, below: samples * (inputs + 3), squares: 2 * (inputs + 1) * LANES },
      ...{ newCursors: inputs + 3, newSlots: samples * (inputs + 1), newValues: samples * (inputs + 1) },
    };
    let next = Math.ceil(heapBase / 64) * 64;
    const at: Record<string, number> = {};
    for (const [name, length] of Object.entries(lengths)) {
      at[name] = next;
      next += Math.ceil((length * WORD_BYTES) / 64) * 64;
    }
    this.#size = size;
    this.#at = at;
    const pages = Math.ceil(next / PAGE_BYTES);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.#fill(at.weights!, (at.dense! - at.weights!) / REAL_BYTES);
    this.#fillInputs();
  }

  /** Values in ±2, some of them zero, and many mantissas. */
  #fill(at: number, count: number): void {
    const values = new Float32Array(this.memory.buffer, at, count);
    let state = 1;
    for (let i = 0; i < count; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      values[i] = state % 13 === 0 ? 0 : (state / 2 ** 32 - 0.5) * 4;
    }
  }

  #fillInputs(): void {
    const { inputs, samples, density, firstSlot } = this.#size;
    const at = this.#at;
    const words = new Uint32Array(this.memory.buffer);
    const reals = new Float32Array(this.memory.buffer);
    const word = (name: string, i: number) => at[name]! / WORD_BYTES + i;
    const lit = Array.from({ length: inputs + 1 }, (): { slot: number; x: number }[] => []);
    let k = 0;
    let state = 7;
    for (let s = 0; s < samples; s++) {
      words[word('denseStarts', s)] = s * inputs;
      words[word('begins', s)] = k;
      words[word('activeStarts', s)] = s * this.#size.vectors * LANES;
      for (let i = 0; i < inputs; i++) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        if (state >= density * 2 ** 32) continue;
        const x = Math.fround(((state % 1009) + 1) / 1009);
        reals[word('dense', s * inputs + i)] = x;
        words[word('index', k)] = i;
        reals[word('value', k)] = x;
        lit[i]!.push({ slot: firstSlot + s, x });
        k++;
      }
      words[word('ends', s)] = k;
      words[word('counts', s)] = k - words[word('begins', s)]!;
      lit[inputs]!.push({ slot: firstSlot + s, x: 1 });
    }
    let place = 0;
    for (const [row, entries] of lit.entries()) {
      words[word('cursors', row)] = place;
      for (const { slot, x } of entries) {
        words[word('litSlots', place)] = slot;
        reals[word('litValues', place)] = x;
        place++;
      }
    }
    words[word('cursors', inputs + 1)] = place;
  }

  /** Calls for a function: more than one where an argument chooses among ways. Empty if it has nothing to do with these data. */
  callsOf(name: string): readonly (readonly number[])[] {
    const { inputs, samples, firstSlot } = this.#size;
    const [, base = name, size = ''] = /^([a-zA-Z]+?)(\d+(?:_\d+)?)$/.exec(name) ?? [];
    const vectors = Number.parseInt(size, 10);
    const rowBytes = vectors * LANES * REAL_BYTES;
    // Arrays of slots begin at the first slot.
    const slots = (array: string, bytes: number) => this.#at[array]! - firstSlot * bytes;
    const [from, to] = [firstSlot, firstSlot + samples];
    const { weights, gradient, m, v, dense, index, value, cursors, litSlots, litValues, totals, partial, below } = this
      .#at as Record<string, number> & Record<'weights' | 'gradient' | 'm' | 'v' | 'dense' | 'index' | 'value', number>;
    const [begins, ends, counts, denseStarts] = ['begins', 'ends', 'counts', 'denseStarts'].map((array) =>
      slots(array, WORD_BYTES),
    ) as [number, number, number, number];
    const [z, delta] = [slots('z', rowBytes), slots('delta', rowBytes)];
    const bytes = Math.floor((inputs * LANES * REAL_BYTES) / 32) * 32;
    const rate = -0.1;
    const sparse = [weights, inputs + 1, cursors!, litSlots!, litValues!, delta, totals!, rate];
    const denseRows = [weights, rowBytes, inputs, denseStarts, dense, delta, from, to, totals!, rate];
    const wide = this.#size.vectors * LANES;
    const active = ['activeStarts', 'activeCounts'].map((array) => slots(array, WORD_BYTES));
    const wideZ = slots('z', wide * REAL_BYTES);
    const calls: Record<string, readonly (readonly number[])[]> = {
      forward: [weights + inputs * rowBytes, 0].map((bias) => [weights, bias, begins, ends, index, value, z, from, to]),
      denseForward: [[weights, rowBytes, inputs, denseStarts, dense, z, from, to]],
      backward: [
        [0, 0],
        [1, 1],
      ].map(([isFirst, isLast]) => [
        ...[weights, rowBytes, begins, counts, index, delta, partial!, inputs, isFirst!, isLast!],
        ...[slots('below', inputs * REAL_BYTES), samples + firstSlot, Math.ceil(inputs / LANES), LANES, 1, from, to],
      ]),
      denseBackward: [
        [
          ...[weights, slots('delta', rowBytes), rowBytes, 0, Math.floor(inputs / LANES) * LANES, denseStarts, dense],
          ...[slots('below', Math.floor(inputs / LANES) * LANES * REAL_BYTES), from, to],
        ],
      ],
      ...Object.fromEntries(
        ['step', 'keep'].flatMap((apply) => [
          [`${apply}Sparse`, [sparse]],
          [`${apply}SparseBlocks`, [sparse]],
          [`${apply}Dense`, [denseRows]],
          [`${apply}DenseBlocks`, [denseRows]],
          [`${apply}Bias`, [[weights, delta, from, to, rate]]],
        ]),
      ),
      transpose: [
        [
          ...[begins, counts, index, value, inputs, 0, inputs + 1, from, to],
          ...['newCursors', 'newSlots', 'newValues'].map((array) => this.#at[array]!),
        ],
      ],
      findBlocks: [[begins, counts, index, Math.ceil(inputs / 2), 2, slots('bounds', WORD_BYTES), samples, from, to]],
      fetchRows: [[begins, counts, index, value, from, to]],
      rectifyPanel: [
        [wideZ, 0, wide, wide - 1, ...active, ...['activeIndex', 'activeValue'].map((a) => this.#at[a]!), from, to],
      ],
      rectifyRows: [[wideZ, 0, wide, active[0]!, this.#at.activeValue!, from, to]],
      sgdUpdate: [[weights, gradient, bytes, 0.3, 0.01, rate]],
      momentumUpdate: [0, 1].map((nesterov) => [weights, gradient, m, bytes, 0.3, 0.01, rate, 0.9, nesterov]),
      adamUpdate: [[weights, gradient, m, v, bytes, 0.3, 0.01, rate, 0.9, 0.1, 0.999, 0.001, 1.3, 1e-8]],
      squareRows: [0, 1].map((isFirst) => [this.#at.squares!, isFirst, gradient, inputs, 1]),
      applyGradients: [[weights, gradient, bytes, 3, m - gradient, rate]],
      sumGradients: [[gradient, bytes, 3, m - gradient]],
      multiplyAdd: [[1 + 2 ** -13, 1 - 2 ** -13, -1]],
      heapBase: [[]],
    };
    void below;
    return calls[base] ?? [];
  }
}

/** The function of that name among the module's. */
export function functionNamed(wasm: WasmModule, name: string): WasmFunction {
  const [, base, size] = /^([a-zA-Z]+?)(\d+(?:_\d+)?)$/.exec(name) ?? [];
  const table = wasm as unknown as Record<string, WasmFunction | BySize>;
  return base === undefined ? (table[name] as WasmFunction) : (table[base] as BySize)[size!]!;
}
