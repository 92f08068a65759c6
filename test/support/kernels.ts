/** Which kernels this machine can test. */
import { chooseKernel, KERNEL_NAMES, type KernelChoice, problemOf } from '../../src/kernels/builds.js';

/** Every kernel that runs here: the fastest last but one, the reference last. */
export function allKernels(): KernelChoice[] {
  return KERNEL_NAMES.filter((name) => problemOf(name) === undefined && name !== 'reference')
    .reverse()
    .concat('reference')
    .map(chooseKernel);
}

/** The WebAssembly kernels that run here, the fastest last. */
export function fastKernels(): KernelChoice[] {
  return allKernels().filter(({ module }) => module !== undefined);
}
