/** The kernel builds, and which of them runs here. */
import { readFileSync } from 'node:fs';
import { errors } from '../errors.js';
import type { Memory } from '../memory/layout.js';
import type { KernelNeeds } from '../memory/plan.js';
import { LANES } from '../memory/tiling.js';
import { type Activation, activationNamed } from './activations.js';
import type { Kernel } from './kernel.js';
import { REFERENCE_NEEDS, ReferenceKernel } from './reference.js';
import { WasmKernel } from './wasm.js';
import type { Tilings } from './wasm-layer.js';
import { instantiate, type WasmModule } from './wasm-module.js';

/** One way to compute: a WebAssembly module, or a class in plain TypeScript. */
type KernelBuild<Name extends string = string> = Facts<Name> & ({ readonly wasm: Wasm } | { readonly plain: Plain });

interface Wasm {
  /** In assembly/. */
  readonly file: string;
  /** What an engine that refuses the module lacks. */
  readonly feature: string;
  /** Why the module cannot run on this processor; undefined if it can. */
  readonly problem: (wasm: WasmModule) => string | undefined;
}

type Plain = new (memory: Memory, activation: Activation, worker: number) => Kernel;

interface Facts<Name extends string> {
  readonly name: Name;
  readonly needs: KernelNeeds;
  /** Samples are stored in dense form where at least this fraction of their inputs is not zero. */
  readonly denseFrom: number;
}

/** A build that runs here, in a form that can be sent to a thread. */
export interface KernelChoice extends Facts<KernelName> {
  /** Undefined: plain TypeScript. */
  readonly module: WebAssembly.Module | undefined;
  /** Of the vectors that its kernels take at a time: how they run is decided in forms.ts. */
  readonly vectorBits: 128 | 256;
  readonly tilings: Tilings;
}

/**
 * Whether the engine keeps eight or nine accumulators in registers. The compilers of Node 20 and 22 hoist all loads of an
 * unrolled row and, with eight accumulators, spill one of them for every nonzero; seven fit.
 */
const KEEPS_NINE = Number.parseInt(process.versions.node, 10) >= 24;

const WASM = {
  needs: {
    reals: 'float32',
    lanes: LANES,
    // One accumulator for each vector. The width changes speed, never a bit of the result.
    panelWidth: KEEPS_NINE ? 32 : 28,
    // Finding the active units costs more than multiplying zeros there. (The width of a panel on the oldest engine, so that
    // all engines do the same.)
    denseOutputs: 28,
    // The weights of 160 inputs in a panel take 20 KB, which fits every first-level cache. Chosen by bench/operations.ts, on
    // MNIST (two blocks) and Fashion-MNIST (four): docs/performance.md.
    blocks: { nonzeros: 80, inputs: 160 },
    mirrors: false,
    skipsZeros: undefined,
    // Known when the module is loaded.
    reservedBytes: 0,
  },
  // In dense form an input costs 0.85 of a nonzero in sparse form, transposing included (bench/kernels.ts).
  denseFrom: 0.85,
} as const;

/** Fastest first: `auto` takes the first that runs here. */
const BUILDS = [
  {
    name: 'simd-fma',
    wasm: {
      file: 'simd-fma.wasm',
      feature: 'relaxed SIMD (from Node 22 on)',
      problem: ({ multiplyAdd }) => (isFused(multiplyAdd) ? undefined : 'this processor has no fused multiply-add'),
    },
    ...WASM,
  },
  { name: 'simd', wasm: { file: 'simd.wasm', feature: 'SIMD', problem: () => undefined }, ...WASM },
  {
    name: 'reference',
    plain: ReferenceKernel,
    needs: REFERENCE_NEEDS,
    denseFrom: Number.POSITIVE_INFINITY,
  },
] as const satisfies readonly KernelBuild[];

export type KernelName = (typeof BUILDS)[number]['name'];

export const KERNEL_NAMES: readonly KernelName[] = BUILDS.map(({ name }) => name);

/**
 * @throws LockstepError if the named kernel cannot run here
 */
export function chooseKernel(wanted: KernelName | 'auto'): KernelChoice {
  let problem = '';
  for (const build of BUILDS) {
    if (wanted !== 'auto' && wanted !== build.name) continue;
    const choice = load(build);
    if (typeof choice !== 'string') return choice;
    problem = choice;
  }
  throw errors.kernelUnavailable(wanted, problem);
}

/** Why a kernel cannot run here; undefined if it can. */
export function problemOf(name: KernelName): string | undefined {
  const choice = load(buildOf(name));
  return typeof choice === 'string' ? choice : undefined;
}

/** Type of its parameters. */
export function realsOf(name: KernelName): KernelNeeds['reals'] {
  return buildOf(name).needs.reals;
}

/** `denseFrom` of its narrow form. */
export function narrowDenseFrom(name: KernelName): number {
  return buildOf(name).denseFrom;
}

/** @param memory  the thread's view of `shared` */
export function createKernel(
  { name, module, tilings }: KernelChoice,
  activationName: string,
  shared: WebAssembly.Memory,
  memory: Memory,
  worker: number,
): Kernel {
  const activation = activationNamed(activationName);
  if (module) return new WasmKernel(instantiate(module, shared), memory, activation, worker, tilings);
  const { plain: Plain } = buildOf(name) as { readonly plain: Plain };
  return new Plain(memory, activation, worker);
}

function buildOf(name: KernelName): KernelBuild<KernelName> {
  return BUILDS.find((build) => build.name === name)!;
}

/** The build, or why it cannot run here. */
function load(build: KernelBuild<KernelName>): KernelChoice | string {
  const { name, needs, denseFrom } = build;
  const tiles = { 1: 3, 2: 3, 3: KEEPS_NINE ? 3 : 2, 4: 2 };
  const tilings = { forward: tiles, reduce: tiles };
  if ('plain' in build) return { name, module: undefined, needs, denseFrom, tilings, vectorBits: 128 };
  const { wasm } = build;
  const bytes = readFileSync(new URL(`./assembly/${wasm.file}`, import.meta.url));
  if (!WebAssembly.validate(bytes)) return `Node ${process.versions.node} has no WebAssembly ${wasm.feature}`;
  const module = new WebAssembly.Module(bytes);
  const instance = instantiate(module, new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
  const problem = wasm.problem(instance);
  if (problem !== undefined) return problem;
  return {
    name,
    module,
    needs: { ...needs, reservedBytes: instance.heapBase() },
    denseFrom,
    tilings,
    vectorBits: 128,
  };
}

/** (1 + ε)(1 − ε) − 1 is −ε² when it is rounded once, and 0 when the product is rounded before. */
function isFused(multiplyAdd: (a: number, b: number, c: number) => number): boolean {
  const epsilon = 2 ** -13;
  return multiplyAdd(1 + epsilon, 1 - epsilon, -1) !== 0;
}
