/**
 * Differences between MPI libraries: the form of their handles and the names of their files. Functions and arguments are the
 * same. Three binary interfaces cover the libraries in common use.
 */

import { type Environment, launchOf } from './launcher.js';

/** The C type of a handle. */
export type HandleType = 'int' | 'void *';

export interface Abi {
  readonly name: 'Open MPI' | 'MPICH' | 'MPI ABI';
  readonly handle: HandleType;
  /** MPI_IN_PLACE and MPI_STATUS_IGNORE, pointers. */
  readonly inPlace: bigint;
  readonly noStatus: bigint | null;
  /** Values of MPI_THREAD_SERIALIZED and MPI_THREAD_MULTIPLE. */
  readonly threads: { readonly serialized: number; readonly multiple: number };
  /** Values of the handles, or names of symbols in the library. */
  readonly handles: Readonly<Record<HandleName, number | bigint | string>>;
}

export type HandleName = 'world' | 'byte' | 'float32' | 'float64' | 'sum';

/** Handles are the addresses of structures in the library. */
export const OPEN_MPI: Abi = {
  name: 'Open MPI',
  handle: 'void *',
  inPlace: 1n,
  noStatus: null,
  threads: { serialized: 2, multiple: 3 },
  handles: {
    world: 'ompi_mpi_comm_world',
    byte: 'ompi_mpi_byte',
    float32: 'ompi_mpi_float',
    float64: 'ompi_mpi_double',
    sum: 'ompi_mpi_op_sum',
  },
};

/** MPICH and its relatives (Intel MPI, MVAPICH, Cray MPICH) share one binary interface, in which handles are ints. */
export const MPICH: Abi = {
  name: 'MPICH',
  handle: 'int',
  // (void *) −1
  inPlace: 0xffff_ffff_ffff_ffffn,
  noStatus: 1n,
  threads: { serialized: 2, multiple: 3 },
  handles: { world: 0x4400_0000, byte: 0x4c00_010d, float32: 0x4c00_040a, float64: 0x4c00_080b, sum: 0x5800_0003 },
};

/** The standard ABI since MPI 5.0: handles are small numbers in pointers. */
export const STANDARD: Abi = {
  name: 'MPI ABI',
  handle: 'void *',
  inPlace: 1n,
  noStatus: null,
  threads: { serialized: 2048, multiple: 4096 },
  handles: { world: 0x101n, byte: 0x247n, float32: 0x210n, float64: 0x214n, sum: 0x21n },
};

/** File names for the dynamic loader. */
const OPEN_MPI_FILES = ['libmpi.so.40'];
const MPICH_FILES = ['libmpi.so.12', 'libmpich.so.12'];
const STANDARD_FILES = ['libmpi_abi.so.1', 'libmpi_abi.so.0', 'libmpi_abi.so'];

/** In the order to try: the library of the launcher that started this process comes first. */
export function libraryFiles(environment: Environment): readonly string[] {
  const isHydra = launchOf(environment)?.launcher === 'Hydra';
  const [first, second] = isHydra ? [MPICH_FILES, OPEN_MPI_FILES] : [OPEN_MPI_FILES, MPICH_FILES];
  return [...first, ...STANDARD_FILES, ...second];
}
