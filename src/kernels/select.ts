/** Which kernel runs here: `auto` takes the fastest that this engine and processor can. */
import { readFileSync } from 'node:fs';
import { errors } from '../errors.js';
import type { Memory } from '../memory/layout.js';
import type { Plan } from '../memory/plan.js';
import type { Kernel, KernelName } from './kernel.js';
import { ReferenceKernel } from './reference.js';
import { WasmKernel } from './wasm.js';
import { instantiate } from './wasm-module.js';

/** A kernel that this machine can run, in a form that can be sent to a thread. */
export interface KernelChoice {
  readonly name: KernelName;
  readonly module: WebAssembly.Module | undefined;
  /** What the memory must provide for it: see `Plan`. */
  readonly needs: Pick<Plan, 'realBytes' | 'panelWidth' | 'reservedBytes'>;
  /** Samples are kept in dense form where at least this fraction of their inputs is not zero. */
  readonly denseFrom: number;
  /** In dense form, so many samples or rows are worked on at a time, where the layer is narrow enough. */
  readonly together: 2 | 3;
}

/** In dense form an input costs 0.85 of what a nonzero costs in a list, transposing included (bench/kernels.ts). */
const DENSE_FROM = 0.85;

const REFERENCE: KernelChoice = {
  name: 'reference',
  module: undefined,
  needs: { realBytes: 8, panelWidth: Number.POSITIVE_INFINITY, reservedBytes: 0 },
  denseFrom: Number.POSITIVE_INFINITY,
  together: 2,
};

/**
 * Whether the engine keeps eight or nine accumulators in registers. The compilers of Node 20 and 22 hoist all loads of an
 * unrolled row and, with eight accumulators, spill one of them for every nonzero; seven fit.
 */
const KEEPS_NINE = Number.parseInt(process.versions.node, 10) >= 24;

/** Fastest first. */
const FASTEST_FIRST = ['simd-fma', 'simd'] as const;

/**
 * @throws LockstepError if the named kernel cannot run here
 */
export function chooseKernel(wanted: KernelName | 'auto'): KernelChoice {
  if (wanted === 'reference') return REFERENCE;
  if (wanted !== 'auto') {
    const choice = tryModule(wanted);
    if (typeof choice === 'string') throw errors.kernelUnavailable(wanted, choice);
    return choice;
  }
  for (const name of FASTEST_FIRST) {
    const choice = tryModule(name);
    if (typeof choice !== 'string') return choice;
  }
  return REFERENCE;
}

/** Why a kernel cannot run here; undefined if it can. */
export function problemOf(name: KernelName): string | undefined {
  const choice = name === 'reference' ? REFERENCE : tryModule(name);
  return typeof choice === 'string' ? choice : undefined;
}

/** The kernel over a thread's view of the memory. */
export function createKernel(choice: KernelChoice, shared: WebAssembly.Memory, memory: Memory, worker: number): Kernel {
  if (!choice.module) return new ReferenceKernel(memory, worker);
  return new WasmKernel(instantiate(choice.module, shared), memory, worker, choice.together);
}

/** The module, or why it cannot run here. */
function tryModule(name: 'simd-fma' | 'simd'): KernelChoice | string {
  const bytes = readFileSync(new URL(`./assembly/${name}.wasm`, import.meta.url));
  if (!WebAssembly.validate(bytes)) {
    return `Node ${process.versions.node} has no WebAssembly ${name === 'simd' ? 'SIMD' : 'relaxed SIMD (from Node 22 on)'}`;
  }
  const module = new WebAssembly.Module(bytes);
  const wasm = instantiate(module, new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
  if (name === 'simd-fma' && !isFused(wasm.multiplyAdd)) return 'this processor has no fused multiply-add';
  return {
    name,
    module,
    needs: { realBytes: 4, panelWidth: panelWidth(), reservedBytes: wasm.heapBase() },
    denseFrom: DENSE_FROM,
    together: KEEPS_NINE ? 3 : 2,
  };
}

/** (1 + ε)(1 − ε) − 1 is −ε² when it is rounded once, and 0 when the product is rounded before. */
function isFused(multiplyAdd: (a: number, b: number, c: number) => number): boolean {
  const epsilon = 2 ** -13;
  return multiplyAdd(1 + epsilon, 1 - epsilon, -1) !== 0;
}

/**
 * The most columns of a panel: as many accumulators, of four columns each, as the engine keeps in registers.
 * The width changes speed alone, never a bit of the result.
 */
function panelWidth(): number {
  return KEEPS_NINE ? 32 : 28;
}
