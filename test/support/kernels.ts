/** Which kernels this machine can test. */
import { compileAhead, MAY_BE_WIDE } from '../../src/kernels/ahead-of-time.js';
import { chooseKernel, KERNEL_NAMES, type KernelChoice, type KernelName, problemOf } from '../../src/kernels/builds.js';
import { wideForm } from '../../src/kernels/forms.js';

/** Every kernel that runs here: the fastest last but one, the reference last. */
export function kernelNames(): KernelName[] {
  return KERNEL_NAMES.filter((name) => problemOf(name) === undefined && name !== 'reference')
    .reverse()
    .concat('reference');
}

/** Vector widths that differ on this engine: where it has no 256-bit vectors, `vectorBits` 256 runs the same code as 128. */
export const VECTOR_BITS: readonly ('128' | '256')[] = MAY_BE_WIDE ? ['128', '256'] : ['128'];

/** In each of their forms. (Where no engine makes wide vectors of the wide form, it is compiled to narrow ones.) */
export function allKernels(): KernelChoice[] {
  return kernelNames().flatMap((name) => {
    const narrow = chooseKernel(name);
    const wide = wideForm(narrow);
    if (!wide) return [narrow];
    if (MAY_BE_WIDE) compileAhead(wide.module!, true, () => true);
    return [wide, narrow];
  });
}

/** The WebAssembly kernels that run here, the fastest last. */
export function fastKernels(): KernelChoice[] {
  return allKernels().filter(({ module }) => module !== undefined);
}
