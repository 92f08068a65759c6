/**
 * Keeping the other trainers to the vectors of an ordinary desktop processor: AVX2, although the machine has AVX-512.
 * Lockstep's own vectors are at most that wide.
 */

export const ISAS = ['native', 'avx2'] as const;
export type Isa = (typeof ISAS)[number];

/** The second flag: matrix products must not use YNNPACK, whose AVX-512 kernels do not obey the first. */
const XLA_AVX2 = ['--xla_cpu_max_isa=AVX2', '--xla_cpu_experimental_ynn_fusion_type='];

/** Environment variables for all trainers but Lockstep. Each library ignores those of the others. */
export function isaEnvironment(isa: Isa, environment: NodeJS.ProcessEnv = process.env): Record<string, string> {
  if (isa === 'native') return {};
  return {
    // PyTorch: its own kernels, and those of MKL and oneDNN.
    ATEN_CPU_CAPABILITY: 'avx2',
    MKL_ENABLE_INSTRUCTIONS: 'AVX2',
    ONEDNN_MAX_CPU_ISA: 'AVX2',
    // JAX and TensorFlow. Other flags may be set already.
    XLA_FLAGS: [environment.XLA_FLAGS ?? '', ...XLA_AVX2].join(' ').trim(),
    // C, NumPy and scikit-learn.
    OPENBLAS_CORETYPE: 'Haswell',
    NPY_DISABLE_CPU_FEATURES: 'X86_V4 AVX512_ICL AVX512_SPR',
    // tinygrad.
    DEV: 'CPU::x86_64,x86-64-v3',
  };
}

/** The processor for which gcc, clang and rustc compile. */
export function compilerTarget(isa: Isa): string {
  return isa === 'avx2' ? 'x86-64-v3' : 'native';
}
