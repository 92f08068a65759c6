/** The WebAssembly module's exports, as the kernel calls them. The sources in assembly/ say what each parameter is. */
import type { CurveFunction } from './activations.js';
import type { UpdateFunction } from './kernel.js';

export type WasmFunction = (...args: number[]) => void;

/** A function for each size (assembly/templates.mjs): vectors of a row, `8`, or vectors and rows of a tile, `3_2`. */
export type BySize = Readonly<Record<string, WasmFunction>>;

/** What becomes of a sum of gradients: it is added to the weights, times −rate, or replaces the gradient. */
export type Apply = 'step' | 'keep';

/** Sums of gradients, of a batch that is one block of samples or that need not be. */
type Reductions = `${Apply}${'Sparse' | 'Dense'}${'' | 'Blocks'}`;

export interface WasmModule
  extends Readonly<Record<UpdateFunction | CurveFunction, WasmFunction>>,
    Readonly<Record<Reductions | `${Apply}Bias`, BySize>> {
  readonly heapBase: () => number;
  readonly multiplyAdd: (a: number, b: number, c: number) => number;
  readonly findBlocks: WasmFunction;
  readonly fetchRows: WasmFunction;
  readonly fetchLines: WasmFunction;
  readonly forward: BySize;
  readonly denseForward: BySize;
  readonly rectifyPanel: WasmFunction;
  readonly rectifyRows: WasmFunction;
  readonly backward: BySize;
  readonly mirrorBackward: BySize;
  readonly mirrorBackwardTimes: BySize;
  readonly fewBackward: BySize;
  readonly fewBackwardTimes: BySize;
  readonly joinPanels: WasmFunction;
  readonly listDeltas: WasmFunction;
  readonly sumLanes: WasmFunction;
  readonly sumLanesTimes: WasmFunction;
  readonly areFinite: (from: number, bytes: number) => number;
  readonly mirrorRows: WasmFunction;
  readonly denseBackward: BySize;
  readonly denseBackwardTimes: BySize;
  readonly transpose: WasmFunction;
  readonly applyGradients: WasmFunction;
  readonly sumGradients: WasmFunction;
  readonly squareRows: WasmFunction;
  readonly squareInputs: WasmFunction;
  readonly scaleRows: WasmFunction;
  readonly penalize: WasmFunction;
  readonly limitNorms: Readonly<Record<string, (...args: number[]) => number>>;
  readonly dropUnits: WasmFunction;
  readonly dropInputs: (...args: number[]) => number;
  readonly multiply: WasmFunction;
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): WasmModule {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const table: Record<string, unknown> = { ...exports };
  for (const [exported, each] of Object.entries(exports)) {
    const [, name, size] = /^([a-zA-Z]+)(\d+(?:_\d+)?)$/.exec(exported) ?? [];
    if (name === undefined || size === undefined) continue;
    table[name] = { ...(table[name] as BySize | undefined), [size]: each };
  }
  return table as unknown as WasmModule;
}
