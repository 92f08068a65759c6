/**
 * Compiles a module's functions by the optimizing compiler before their first call, and if asked for with 256-bit vectors.
 *
 * V8 has a pass that turns two neighboring 128-bit operations into one of 256 bits (`--experimental-wasm-revectorize`: V8 13 and
 * later, x64 with AVX2). It is off by default, and a flag of the process. So the flags are set, each function is called once
 * with nothing to do, which compiles it, and the flags are put back. All of that is synchronous: no other code of this thread
 * is compiled meanwhile. The compiled functions belong to the module, and go with it to other threads.
 */
import { setFlagsFromString } from 'node:v8';
import type { WasmFunction } from './wasm-module.js';

/** A version in which the flags exist: an unknown flag prints an error. */
const HAS_FLAGS = Number.parseInt(process.versions.v8, 10) >= 13;

/** Whether this engine may have 256-bit vectors. */
export const MAY_BE_WIDE = HAS_FLAGS && process.arch === 'x64';

/**
 * What flags are set to here and, before and afterwards, by default. They are set in this order and put back in the reverse one:
 * inlining uses what only the baseline compiler collects, and V8 14 crashes if it is on without that compiler, also in a thread
 * that compiles something else meanwhile.
 */
const OPTIMIZED = [
  { on: '--no-wasm-inlining', off: '--wasm-inlining' },
  // Without the baseline compiler, a function's first call compiles it with the optimizing compiler.
  { on: '--no-liftoff', off: '--liftoff' },
];
const WIDE = [{ on: '--experimental-wasm-revectorize', off: '--no-experimental-wasm-revectorize' }];

/**
 * @param isNeeded  whether the run may call the export: the others stay as they are, and are compiled when they are called
 * @returns whether the functions have been compiled; not if the user has set one of the flags
 */
export function compileAhead(
  module: WebAssembly.Module,
  isWide: boolean,
  isNeeded: (name: string) => boolean,
): boolean {
  if (!HAS_FLAGS || isUsersChoice()) return false;
  const flags = isWide ? [...OPTIMIZED, ...WIDE] : OPTIMIZED;
  try {
    for (const { on } of flags) setFlagsFromString(on);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    for (const [name, value] of Object.entries(exports)) {
      // All arguments are 0: no samples, no rows, no bytes.
      if (typeof value === 'function' && isNeeded(name)) (value as WasmFunction)(...new Array(value.length).fill(0));
    }
  } finally {
    for (const { off } of flags.toReversed()) setFlagsFromString(off);
  }
  return true;
}

/** The flags of the command line are the only ones that can be known. */
function isUsersChoice(): boolean {
  const names = [...OPTIMIZED, ...WIDE].map(({ off }) => off.replace(/^--(no-)?/, '').replaceAll('-', '[-_]'));
  const pattern = new RegExp(`^--(no[-_]?)?(${names.join('|')})(=|$)`);
  return process.execArgv.some((argument) => pattern.test(argument));
}
