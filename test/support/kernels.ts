/** Which kernels this machine can test. */
import { chooseKernel, type KernelChoice } from '../../src/kernels/builds.js';

/** The WebAssembly kernels that run here: `simd` everywhere, `simd-fma` where engine and processor have it. */
export function fastKernels(): KernelChoice[] {
  const simd = chooseKernel('simd');
  const best = chooseKernel('auto');
  return best.name === 'simd' ? [simd] : [simd, best];
}

/** Every kernel that runs here. */
export function allKernels(): KernelChoice[] {
  return [...fastKernels(), chooseKernel('reference')];
}
