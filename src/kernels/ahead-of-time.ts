/**
 * Compiles a module's functions by the optimizing compiler before they are used, and if asked for with 256-bit vectors.
 *
 * V8 has a pass that turns two neighboring 128-bit operations into one of 256 bits (`--experimental-wasm-revectorize`: V8 13 and
 * later, x64 with AVX2). It is off by default, and a flag of the process. So the flag is set, the functions are compiled at once,
 * and the flag is put back, all of it synchronously. The compiled functions belong to the module, and go with it to other
 * threads.
 *
 * (`--no-liftoff` would have a function's first call compile it, but may crash threads that compile something else meanwhile: V8's
 * inlining relies on what the baseline compiler collects.)
 */
import { setFlagsFromString } from 'node:v8';
import type { WasmFunction } from './wasm-module.js';

/** A version in which the flag exists: an unknown flag prints an error. */
const MAY_BE_WIDE_VERSION = 13;

const WIDE = '--experimental-wasm-revectorize';
/** Lets a script call V8's own functions by a % before their names. */
const NATIVES = '--allow-natives-syntax';

/** Whether this engine may have 256-bit vectors. */
export const MAY_BE_WIDE =
  Number.parseInt(process.versions.v8, 10) >= MAY_BE_WIDE_VERSION &&
  process.arch === 'x64' &&
  // Flags that the user has set stay as they are.
  !process.execArgv.some((argument) => /^--(no-?)?(experimental[-_]wasm[-_]revec|allow[-_]natives)/.test(argument));

type TierUp = (compiled: WasmFunction) => void;

/** V8's function that compiles a WebAssembly function with the optimizing compiler; undefined if it has none. */
function tierUpFunction(): TierUp | undefined {
  const compile = () => new Function('compiled', '%WasmTierUpFunction(compiled)') as TierUp;
  try {
    // If the program has set the flag while it runs, it stays set. (V8 may also remember this text.)
    return compile();
  } catch {
    // The usual case: the flag is not set.
  }
  try {
    setFlagsFromString(NATIVES);
    return compile();
  } catch {
    return undefined;
  } finally {
    setFlagsFromString(NATIVES.replace('--', '--no-'));
  }
}

/**
 * @param isNeeded  whether the run may call the export: the others are compiled when they are called
 * @returns whether the functions have been compiled
 */
export function compileAhead(
  module: WebAssembly.Module,
  isWide: boolean,
  isNeeded: (name: string) => boolean,
): boolean {
  if (!MAY_BE_WIDE) return false;
  const tierUp = tierUpFunction();
  if (!tierUp) return false;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  try {
    if (isWide) setFlagsFromString(WIDE);
    for (const [name, value] of Object.entries(exports)) {
      if (typeof value === 'function' && isNeeded(name)) tierUp(value as WasmFunction);
    }
  } finally {
    if (isWide) setFlagsFromString(WIDE.replace('--', '--no-'));
  }
  return true;
}
