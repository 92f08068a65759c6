/**
 * Compares a module that was compiled with 256-bit vectors with the same module compiled as usual, function by function and bit by
 * bit: the compiler's pass that makes them is experimental.
 */
import { readFileSync } from 'node:fs';
import type { KernelChoice } from './builds.js';
import { functionNamed, Scratch, type ScratchSize } from './scratch.js';
import { instantiate } from './wasm-module.js';

/** Whole tiles and parts of them, rows and lists of all lengths, and slots in two blocks of samples. */
export const SIZES: readonly ScratchSize[] = [
  { inputs: 13, samples: 11, density: 0.5, firstSlot: 250, vectors: 16 },
  { inputs: 10, samples: 5, density: 0.3, firstSlot: 0, vectors: 16 },
  { inputs: 3, samples: 1, density: 1, firstSlot: 0, vectors: 16 },
];

/** @param isNeeded  whether to compare the export */
export function computesTheSame({ module, name, needs }: KernelChoice, isNeeded: (name: string) => boolean): boolean {
  const usual = compiledAsUsual(readFileSync(new URL(`./assembly/${name}-wide.wasm`, import.meta.url)));
  return SIZES.every((size) => {
    const scratch = new Scratch(size, needs.reservedBytes);
    const other = new Scratch(size, needs.reservedBytes, scratch);
    const [tested, trusted] = [instantiate(module!, scratch.memory), instantiate(usual, other.memory)];
    const [bytes, expected] = [scratch, other].map(({ memory }) => new Uint8Array(memory.buffer)) as [
      Uint8Array,
      Uint8Array,
    ];
    const fresh = bytes.slice();
    return exportedNames(usual, other.memory)
      .filter(isNeeded)
      .every((exported) =>
        scratch.callsOf(exported).every((args) => {
          bytes.set(fresh);
          expected.set(fresh);
          const results = [functionNamed(tested, exported), functionNamed(trusted, exported)].map((each) =>
            resultOf(() => each(...args)),
          );
          return Object.is(results[0], results[1]) && Buffer.compare(bytes, expected) === 0;
        }),
      );
  });
}

/** A wrong address may lie outside of the memory: what a function threw is not what the other returned. */
function resultOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

function exportedNames(module: WebAssembly.Module, memory: WebAssembly.Memory): string[] {
  return Object.keys(new WebAssembly.Instance(module, { env: { memory } }).exports);
}

/**
 * A module of its own: V8 shares compiled code between modules of the same bytes, so these get a custom section more.
 * (Section 0: its length, the length of its name, the name.)
 */
function compiledAsUsual(bytes: Uint8Array): WebAssembly.Module {
  const section = Uint8Array.of(0, 6, 5, ...Buffer.from('usual'));
  return new WebAssembly.Module(Buffer.concat([bytes, section]));
}
