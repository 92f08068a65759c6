/** The comparison of the wide form with itself, compiled as usual: what it calls, and what it finds. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chooseKernel, type KernelChoice } from '../../src/kernels/builds.js';
import { wideForm } from '../../src/kernels/forms.js';
import { functionNamed, Scratch } from '../../src/kernels/scratch.js';
import { computesTheSame, SIZES } from '../../src/kernels/self-check.js';
import { instantiate } from '../../src/kernels/wasm-module.js';
import { kernelNames } from '../support/kernels.js';
import { valuesOf } from '../support/thoroughness.js';
import { codeOf } from '../support/wasm-code.js';
import { isBeyondMemory, type Mistake, mistakesIn, withMistake } from '../support/wrong-code.js';

const wideForms = kernelNames().flatMap((name) => wideForm(chooseKernel(name)) ?? []);

function bytesOf({ name }: KernelChoice): Uint8Array {
  return readFileSync(new URL(`../../src/kernels/assembly/${name}-wide.wasm`, import.meta.url));
}

function functionsOf({ module }: KernelChoice): string[] {
  const { exports } = new WebAssembly.Instance(module!, { env: { memory: new Scratch(SIZES[0]!, 0).memory } });
  return Object.entries(exports).flatMap(([name, each]) => (typeof each === 'function' ? [name] : []));
}

/** 0 is what `simd` is to return, and what a function would return that does nothing. */
const RETURNS_0 = ['multiplyAdd'];
/** Calls that find nothing to do. */
const isIdle = (name: string, call: number) =>
  (name.startsWith('limitNorms') && call === 3) || (name === 'areFinite' && call === 1);

/** All that can be changed so that results stay the same. */
function changesNothing({ function: name, what, by }: Mistake): boolean {
  // The first product of a sum that begins at 0, without a fused multiply-add: x − 0 = x + 0.
  if (name.startsWith('denseBackward')) return what === 'f32x4.add is f32x4.sub';
  // The argument of a power instead of the clamped one: below the underflow, the power is 0 all the same.
  if (/^(silu|selu|mish)Rows$/.test(name) && what === 'another sum in relaxed_madd' && [12, 14].includes(by))
    return true;
  if (what !== 'another i32.const') return false;
  // The last four rows are copied one by one; tiles of three samples overlap; ends are compared with multiples of 32.
  const harmless: Readonly<Record<string, number>> = { mirrorRows: 6, denseForward6_3: 1, squareRows: 34 };
  return harmless[name] === by;
}

describe.each(wideForms)('the wide form of kernel $name', (wide) => {
  it('is called function by function, with all arguments, and each call leaves or returns something', () => {
    const functions = functionsOf(wide);
    expect(functions.length).toBeGreaterThan(100);
    const idle: string[] = [];
    for (const name of functions) {
      const effects = SIZES.map((size) => {
        const scratch = new Scratch(size, wide.needs.reservedBytes);
        const bytes = new Uint8Array(scratch.memory.buffer);
        const fresh = bytes.slice();
        const run = functionNamed(instantiate(wide.module!, scratch.memory), name);
        const calls = scratch.callsOf(name);
        if (calls.length === 0) idle.push(`${name} is not called`);
        return calls.every((args, call) => {
          expect([name, args.length]).toEqual([name, run.length]);
          expect(args.every(Number.isInteger) || args.every(Number.isFinite)).toBe(true);
          bytes.set(fresh);
          const returned: unknown = run(...args);
          return (Boolean(returned) || Buffer.compare(bytes, fresh) !== 0) !== isIdle(name, call);
        });
      });
      // (A size without whole vectors of inputs leaves some nothing to do.)
      const busy = effects.filter(Boolean).length;
      if (busy < SIZES.length - 1 && !RETURNS_0.includes(name)) idle.push(`${name} does nothing for most sizes`);
    }
    expect(idle).toEqual([]);
  });

  it('is the same as itself, whatever is compared', () => {
    expect(computesTheSame(wide, () => true)).toBe(true);
    expect(computesTheSame(wide, () => false)).toBe(true);
  });

  const bytes = bytesOf(wide);
  const mistakes = mistakesIn(bytes).filter((mistake) => !changesNothing(mistake));
  const stride = valuesOf(7, 97);
  const tried = mistakes.filter((_, i) => i % stride === 0);

  it(`differs with one instruction changed: ${tried.length} of ${mistakes.length} ways`, () => {
    const found = (mistake: Mistake) => {
      const module = new WebAssembly.Module(withMistake(bytes, mistake));
      return !computesTheSame({ ...wide, module }, (name) => name === mistake.function);
    };
    expect(tried.length).toBeGreaterThan(100);
    expect(tried.filter((mistake) => !found(mistake))).toEqual([]);
  }, 300_000);

  it('such a change can be made in every function with vectors, which are most', () => {
    const withMistakes = new Set(mistakes.map(({ function: name }) => name));
    const without = functionsOf(wide).filter((name) => !withMistakes.has(name));
    const scalar = ['dropInputs', 'fetchLines', 'fetchRows', 'findBlocks', 'heapBase', 'squareInputs', 'transpose'];
    expect(without.sort()).toEqual(scalar);
    expect(
      codeOf(bytes)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(functionsOf(wide).sort());
  });

  it('a function that reaches beyond the memory is a difference, not an error', () => {
    const beyond = mistakes
      .filter(({ what, function: name }) => what === 'another i32.const' && /^(step|keep)Sparse\d/.test(name))
      .filter((mistake) => SIZES.some((size) => isBeyondMemory(bytes, mistake, size)));
    expect(beyond.length).toBeGreaterThan(0);
    for (const mistake of beyond) {
      const module = new WebAssembly.Module(withMistake(bytes, mistake));
      expect(computesTheSame({ ...wide, module }, (name) => name === mistake.function)).toBe(false);
    }
  });
});
