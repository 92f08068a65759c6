/** Made-up data in a memory of its own, and for each of a module's functions arguments that make it work on them. */
import { LANES } from '../memory/tiling.js';
import { curveFunctions } from './activations.js';
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

type Args = readonly number[];

const PAGE_BYTES = 65_536;
const LINE_BYTES = 64;

/** Three rows of six vectors are the largest tile, and some functions need two. */
const TOTALS = 2 * 3 * 6 * LANES;

/** A slice's lists need not begin at the first place. */
const FIRST_ENTRY = 3;

/** Units in each list of active units. */
const ACTIVE_BEFORE = 2;

/** Numbers that are drawn, and then repeated, for a quick start. A prime: no two rows begin alike. */
const DRAWN = 4093;

/** Below the smallest normal number. */
const SUBNORMAL = 1e-39;

const CURVES = curveFunctions();

const [RATE, DECAY, SCALE] = [-0.1, 0.01, 0.3];

/** Words of each array, in the order in which they lie. Those before `dense` are random numbers. */
function lengthsOf({ inputs, samples, vectors }: ScratchSize) {
  const width = vectors * LANES;
  const parameters = (inputs + 1) * width;
  const entries = samples * (inputs + 1);
  return {
    ...{ weights: parameters, gradient: parameters, m: parameters, v: parameters },
    ...{ z: samples * width, delta: samples * width, below: samples * Math.max(width, inputs + LANES) },
    ...{ mirror: parameters + LANES * width, partial: samples * inputs * LANES, totals: TOTALS },
    ...{ squares: 2 * parameters, curved: samples * width },
    inputSquares: 2 * (samples + 1),
    ...{ dense: samples * inputs + LANES, denseStarts: samples },
    ...{ begins: samples, ends: samples, counts: samples, index: entries, value: entries },
    ...{ cursors: inputs + 3, litSlots: FIRST_ENTRY + entries, litValues: FIRST_ENTRY + entries },
    ...{ newCursors: inputs + 3, newSlots: entries, newValues: entries, bounds: 3 * samples },
    ...{ rowStarts: samples, activeCounts: samples, activeIndex: samples * width, activeValue: samples * width },
    ...{ factors: width, bounds4: 4 * 3 * samples, infinite: 2 * LANES },
  };
}

type Addresses = Readonly<Record<keyof ReturnType<typeof lengthsOf>, number>>;

export class Scratch {
  readonly memory: WebAssembly.Memory;
  readonly #size: ScratchSize;
  /** Byte addresses. */
  readonly #at: Addresses;

  /**
   * @param heapBase  the bytes before it belong to the module
   * @param like      of the same size, from whose start both have the same content; undefined: fresh data
   */
  constructor(size: ScratchSize, heapBase: number, like?: Scratch) {
    let next = heapBase;
    const place = ([name, length]: [string, number]) => {
      const at = Math.ceil(next / LINE_BYTES) * LINE_BYTES;
      next = at + length * WORD_BYTES;
      return [name, at];
    };
    this.#size = size;
    this.#at = Object.fromEntries(Object.entries(lengthsOf(size)).map(place)) as unknown as Addresses;
    const pages = Math.ceil(next / PAGE_BYTES);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    if (like) new Uint8Array(this.memory.buffer).set(new Uint8Array(like.memory.buffer));
    else this.#fill();
  }

  #fill(): void {
    const { inputs, samples, density, firstSlot, vectors } = this.#size;
    const at = this.#at;
    const words = (name: keyof Addresses, length: number) => new Uint32Array(this.memory.buffer, at[name], length);
    const reals = (name: keyof Addresses, length: number) => new Float32Array(this.memory.buffer, at[name], length);
    const entries = samples * (inputs + 1);

    const random = generator();
    const numbers = reals('weights', (at.dense - at.weights) / REAL_BYTES);
    const drawn = Float32Array.from({ length: Math.min(DRAWN, numbers.length) }, () =>
      random() < 0.1 ? 0 : (random() - 0.5) * 4,
    );
    for (let i = 0; i < numbers.length; i += DRAWN) numbers.set(drawn.subarray(0, numbers.length - i), i);
    // (Squares are not negative.)
    const v = reals('v', (at.z - at.v) / REAL_BYTES);
    for (let i = 0; i < v.length; i++) v[i] = Math.abs(v[i]!);
    // Moments that decay, beside gradients of 0.
    const [w, g, m] = (['weights', 'gradient', 'm'] as const).map((name) => reals(name, v.length));
    for (let i = 0; i < v.length; i += 5) {
      w![i] = 0;
      g![i] = 0;
      m![i] = i % 3 === 0 ? 0 : SUBNORMAL;
      if (i % 2 === 0) v[i] = SUBNORMAL;
    }
    // More units are active than not: most of the sums that go back are not masked, and no two vectors' masks are the same.
    const below = reals('below', samples * vectors * LANES);
    for (let i = 0; i < below.length; i++) if (random() < 0.3) below[i] = Math.abs(below[i]!);

    // Where activations bend, and where they are flat.
    const curved = reals('curved', samples * vectors * LANES);
    for (let i = 0; i < curved.length; i++) curved[i]! *= [0.3, 1, 4, 60][i % 4]!;

    const [dense, index, value] = [reals('dense', samples * inputs), words('index', entries), reals('value', entries)];
    const [begins, ends, counts] = [words('begins', samples), words('ends', samples), words('counts', samples)];
    const lit = Array.from({ length: inputs + 1 }, (): { slot: number; x: number }[] => []);
    let k = 0;
    for (let s = 0; s < samples; s++) {
      begins[s] = k;
      for (let i = 0; i < inputs; i++) {
        if (random() >= density) continue;
        const x = Math.fround(random() + 0.01);
        dense[s * inputs + i] = x;
        index[k] = i;
        value[k++] = x;
        lit[i]!.push({ slot: firstSlot + s, x });
      }
      ends[s] = k;
      counts[s] = k - begins[s]!;
      lit[inputs]!.push({ slot: firstSlot + s, x: 1 });
    }
    reals('infinite', 2 * LANES)[LANES + 1] = Number.POSITIVE_INFINITY;
    words('activeCounts', samples).fill(ACTIVE_BEFORE);
    const activations = reals('activeValue', samples * vectors * LANES);
    for (let i = 0; i < activations.length; i++) activations[i] = Math.fround(random() + 0.01);
    words('denseStarts', samples).set(Array.from({ length: samples }, (_, s) => s * inputs));
    words('rowStarts', samples).set(Array.from({ length: samples }, (_, s) => s * vectors * LANES));
    const cursors = words('cursors', inputs + 2);
    cursors[0] = FIRST_ENTRY;
    for (const [row, { length }] of lit.entries()) cursors[row + 1] = cursors[row]! + length;
    const places = FIRST_ENTRY + lit.flat().length;
    words('litSlots', places).set(
      lit.flat().map(({ slot }) => slot),
      FIRST_ENTRY,
    );
    reals('litValues', places).set(
      lit.flat().map(({ x }) => x),
      FIRST_ENTRY,
    );
  }

  /** The arguments of some calls of a function: more than one where an argument chooses among ways. */
  callsOf(name: string): readonly Args[] {
    const { inputs, samples, firstSlot, vectors: most } = this.#size;
    const at = this.#at;
    const { base, size } = partsOf(name);
    const vectors = size === '' ? most : Number.parseInt(size, 10);
    const rowBytes = vectors * LANES * REAL_BYTES;
    const width = most * LANES;
    const range = [firstSlot, firstSlot + samples];
    // Arrays of slots begin at the first slot.
    const bySlot = (array: keyof Addresses, bytes: number = WORD_BYTES) => at[array] - firstSlot * bytes;
    const lists = [bySlot('begins'), bySlot('counts'), at.index];
    const denseRows = [bySlot('denseStarts'), at.dense];
    const delta = bySlot('delta', rowBytes);
    const inVectors = Math.floor(inputs / LANES) * LANES;
    const bytes = inVectors * most * REAL_BYTES;
    const slots = firstSlot + samples;
    const units = Math.ceil(inputs / LANES);
    // (Panels lie one after another, each with all slots: the arrays have those from the first on.)
    const panelsOf = (count: number) => (firstSlot === 0 ? Math.max(1, Math.min(2, count)) : 1);

    const sparse = [at.weights, inputs + 1, at.cursors, at.litSlots, at.litValues, delta, at.totals, RATE];
    const dense = [at.weights, rowBytes, inputs, ...denseRows, delta, ...range, at.totals, RATE];
    const bias = [at.weights, delta, ...range, RATE];
    const deltaBytes = inVectors * REAL_BYTES;
    const mirrored = [at.mirror, at.delta - firstSlot * deltaBytes, deltaBytes, inVectors];
    const calls: Readonly<Record<string, readonly Args[]>> = {
      forward: [at.weights + inputs * rowBytes, 0].map((sums) => {
        return [
          at.weights,
          sums,
          bySlot('begins'),
          bySlot('ends'),
          at.index,
          at.value,
          bySlot('z', rowBytes),
          ...range,
        ];
      }),
      denseForward: [[at.weights, rowBytes, inputs, ...denseRows, bySlot('z', rowBytes), ...range]],
      backward: [0, 1].map((isWhole) => {
        const below = [bySlot('below', inputs * REAL_BYTES), slots, units, LANES, panelsOf(units)];
        return [at.weights, rowBytes, ...lists, delta, at.partial, inputs, isWhole, isWhole, ...below, ...range];
      }),
      denseBackward: [
        [at.weights, delta, rowBytes, 0, inVectors, ...denseRows, bySlot('below', inVectors * REAL_BYTES), ...range],
      ],
      denseBackwardTimes: [0, 1].map((isWhole) => {
        const sums = [at.partial, inVectors, isWhole, isWhole];
        const below = bySlot('below', inVectors * REAL_BYTES);
        return [at.weights, delta, rowBytes, 0, inVectors, ...sums, below, ...range];
      }),
      // The whole panel, and its first columns as if they were the last.
      mirrorRows: [width, LANES].map((columns) => {
        const to = [at.mirror, inputs * REAL_BYTES, width * inputs, 0];
        return [at.weights, width * REAL_BYTES, 0, inputs, columns, width - columns, ...to];
      }),
      joinPanels: [
        [
          ...[at.delta - firstSlot * deltaBytes, slots, inVectors / LANES, LANES, panelsOf(inVectors / LANES)],
          ...[inVectors, bySlot('below', deltaBytes), ...range],
        ],
      ],
      ...both('mirrorBackward', [[...mirrored, bySlot('below', rowBytes), rowBytes, at.totals, ...range]]),
      ...both('fewBackward', [[...mirrored, bySlot('below', rowBytes), rowBytes, ...range]]),
      ...{ stepSparse: [sparse], stepSparseBlocks: [sparse], keepSparse: [sparse], keepSparseBlocks: [sparse] },
      ...{ stepDense: [dense], stepDenseBlocks: [dense], keepDense: [dense], keepDenseBlocks: [dense] },
      ...{ stepBias: [bias], keepBias: [bias] },
      transpose: [[...lists, at.value, inputs, 0, inputs + 1, ...range, at.newCursors, at.newSlots, at.newValues]],
      findBlocks: [[...lists, Math.ceil(inputs / 2), 2, bySlot('bounds'), samples, ...range]],
      fetchRows: [[...lists, at.value, ...range]],
      fetchLines: [[at.value, samples * inputs * REAL_BYTES]],
      // With and without zeros; a whole number of rows in fours, and not.
      listDeltas: [0, 1].map((keepsZeros) => {
        const [count, room] = [width - keepsZeros * LANES, width / LANES];
        const lists = [at.bounds4, samples, at.activeIndex, at.activeValue, room];
        return [at.delta, count, keepsZeros, room - LANES, 2, ...lists, 0, samples];
      }),
      ...both('sumLanes', [[at.weights, at.gradient - at.weights, at.below, samples * width * REAL_BYTES]]),
      areFinite: [LANES, 2 * LANES].map((length) => [at.infinite, length * REAL_BYTES]),
      // The first panel, and one whose units follow those in the lists.
      rectifyPanel: [0, 2 * LANES].map((first) => {
        const active = [bySlot('rowStarts'), bySlot('activeCounts'), at.activeIndex, at.activeValue];
        const rest = width - first;
        return [bySlot('z', rest * REAL_BYTES), first, rest, rest - 1, ...active, Number(first > 0), ...range];
      }),
      rectifyRows: [[bySlot('z', width * REAL_BYTES), 0, width, bySlot('rowStarts'), at.activeValue, ...range]],
      sgdUpdate: [[at.weights, at.gradient, bytes, SCALE, DECAY, RATE]],
      momentumUpdate: [0, 1].map((nesterov) => {
        return [at.weights, at.gradient, at.m, bytes, SCALE, DECAY, RATE, 0.9, nesterov];
      }),
      adamUpdate: [[at.weights, at.gradient, at.m, at.v, bytes, SCALE, DECAY, RATE, 0.9, 0.1, 0.999, 0.001, 1.3, 1e-8]],
      adamWUpdate: [[at.weights, at.gradient, at.m, at.v, bytes, SCALE, 0.9, RATE, 0.9, 0.1, 0.999, 0.001, 1.3, 1e-8]],
      rmspropUpdate: [[at.weights, at.gradient, at.v, bytes, SCALE, DECAY, RATE, 0.99, 0.01, 1e-8]],
      rmspropMomentumUpdate: [0, 1].map((isCentered) => {
        const moments = [at.v, at.m, at.mirror];
        return [at.weights, at.gradient, ...moments, bytes, SCALE, DECAY, RATE, 0.99, 0.01, 1e-8, 0.9, isCentered];
      }),
      averageUpdate: [[at.weights, at.gradient, at.m, bytes, 0.1]],
      lionUpdate: [[at.weights, at.gradient, at.m, bytes, SCALE, 0.9, RATE, 0.9, 0.1, 0.99, 0.01]],
      penalize: [[at.weights, at.gradient, bytes, SCALE, DECAY]],
      // (No column is longer than the last of these.)
      limitNorms: [1, 2, 3, 100].map((limit) => [at.weights, inputs, limit]),
      squareRows: [0, 1].map((isFirst) => [at.squares, isFirst, at.gradient, inputs, most]),
      squareInputs: [[bySlot('begins'), bySlot('counts'), at.value, bySlot('inputSquares', 2 * WORD_BYTES), ...range]],
      // Without the activations, with them, and as lists.
      dropUnits: [0, 1, 2].map((kind) => {
        const units = [slots, width - 3, width / (2 * LANES), 2 * LANES, panelsOf(2)];
        const lists = [Number(kind > 1) * bySlot('activeCounts'), at.activeIndex];
        const rows = [bySlot('rowStarts'), Number(kind > 0) * at.activeValue, ...lists, at.factors];
        return [bySlot('z', width * REAL_BYTES), ...units, 1, 2, 30_000, 1.5, bySlot('begins'), ...rows, ...range];
      }),
      dropInputs: [at.index, 0].map((index) => {
        const row = [index, at.value, FIRST_ENTRY, FIRST_ENTRY + inputs, FIRST_ENTRY, inputs];
        return [...row, 1, 2, 30_000, 1.5, 7, at.factors];
      }),
      multiply: [[at.delta, samples * rowBytes, SCALE]],
      scaleRows: [[bySlot('delta', rowBytes), rowBytes, bySlot('inputSquares', 2 * WORD_BYTES), ...range]],
      applyGradients: [[at.weights, at.gradient, bytes, 3, at.m - at.gradient, RATE]],
      sumGradients: [[at.gradient, bytes, 3, at.m - at.gradient]],
      multiplyAdd: [[1 + 2 ** -13, 1 - 2 ** -13, -1]],
      heapBase: [[]],
    };
    if (CURVES.includes(base)) {
      return [
        [bySlot('curved', width * REAL_BYTES), 0, width, width - 3, bySlot('rowStarts'), at.activeValue, ...range],
      ];
    }
    return calls[base] ?? [];
  }
}

/** Random numbers in [0, 1), by a linear congruence. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Back-propagation through ReLU, and through other activations. */
function both(name: string, calls: readonly Args[]): Readonly<Record<string, readonly Args[]>> {
  return { [name]: calls, [`${name}Times`]: calls };
}

/** `forward8` is `forward` for size 8. */
function partsOf(name: string): { readonly base: string; readonly size: string } {
  const [, base = name, size = ''] = /^([a-zA-Z]+)(\d+(?:_\d+)?)$/.exec(name) ?? [];
  return { base, size };
}

/** The function of that name among the module's. */
export function functionNamed(wasm: WasmModule, name: string): WasmFunction {
  const { base, size } = partsOf(name);
  const found = (wasm as unknown as Readonly<Record<string, WasmFunction | BySize>>)[base];
  return typeof found === 'function' ? found : found![size]!;
}
