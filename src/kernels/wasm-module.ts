/** The WebAssembly module's exports, as the kernel calls them: assembly/index.ts says what each pointer and shape is. */

type WasmFunction = (...args: number[]) => void;

/** Made once for each width of a panel: number n is for n vectors, 1 to 8. */
type BySize = Readonly<Record<number, WasmFunction>>;

export interface WasmModule {
  readonly heapBase: () => number;
  readonly multiplyAdd: (a: number, b: number, c: number) => number;
  readonly cutLists: WasmFunction;
  readonly fetchLists: WasmFunction;
  readonly forward: BySize;
  readonly denseForward: WasmFunction;
  readonly rectifyPanel: WasmFunction;
  readonly rectifyRows: WasmFunction;
  readonly backward: BySize;
  readonly denseBackward: BySize;
  readonly transpose: WasmFunction;
  readonly reduce: BySize;
  readonly reduceBlocks: BySize;
  readonly denseReduce: WasmFunction;
  readonly denseReduceBlocks: WasmFunction;
  readonly applyGradients: WasmFunction;
  readonly sumGradients: WasmFunction;
  readonly squareRows: WasmFunction;
  readonly sgdUpdate: WasmFunction;
  readonly momentumUpdate: WasmFunction;
  readonly adamUpdate: WasmFunction;
}

const SIZES = [1, 2, 3, 4, 5, 6, 7, 8];

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): WasmModule {
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as WasmModule &
    Record<string, WasmFunction>;
  const bySize = (name: string): BySize => Object.fromEntries(SIZES.map((size) => [size, exports[`${name}${size}`]!]));
  return {
    ...exports,
    forward: bySize('forward'),
    backward: bySize('backward'),
    denseBackward: bySize('denseBackward'),
    reduce: bySize('reduce'),
    reduceBlocks: bySize('reduceBlocks'),
  };
}
