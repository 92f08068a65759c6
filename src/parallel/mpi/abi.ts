/**
 * What differs between MPI libraries: how their handles look, and the names of their files. The functions are the same, and
 * so are their arguments; three binary interfaces cover what clusters run.
 */

import { type Environment, launchOf } from './launcher.js';

/** Of the C type of a handle: an int, or a pointer. */
export type HandleType = 'int' | 'void *';

export interface Abi {
  readonly name: 'Open MPI' | 'MPICH' | 'MPI ABI';
  readonly handle: HandleType;
  /** MPI_IN_PLACE and MPI_STATUS_IGNORE, pointers. */
  readonly inPlace: bigint;
  readonly noStatus: bigint | null;
  /** The least MPI_THREAD_… that lets one thread after another call, and the one that lets any. */
  readonly threads: { readonly serialized: number; readonly multiple: number };
  /** Values of the handles, or, where they are addresses that the library decides, its symbols. */
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

/** MPICH and its kin (Intel MPI, MVAPICH, Cray MPICH), which keep one binary interface: handles are ints. */
export const MPICH: Abi = {
  name: 'MPICH',
  handle: 'int',
  // (void *) −1
  inPlace: 0xffff_ffff_ffff_ffffn,
  noStatus: 1n,
  threads: { serialized: 2, multiple: 3 },
  handles: { world: 0x4400_0000, byte: 0x4c00_010d, float32: 0x4c00_040a, float64: 0x4c00_080b, sum: 0x5800_0003 },
};

/** The standard's own, since MPI 5.0: handles are small numbers in pointers. */
export const STANDARD: Abi = {
  name: 'MPI ABI',
  handle: 'void *',
  inPlace: 1n,
  noStatus: null,
  threads: { serialized: 2048, multiple: 4096 },
  handles: { world: 0x101n, byte: 0x247n, float32: 0x210n, float64: 0x214n, sum: 0x21n },
};

/** The files of an MPI, as the system's loader knows them. */
const OPEN_MPI_FILES = ['libmpi.so.40'];
const MPICH_FILES = ['libmpi.so.12', 'libmpich.so.12'];
const STANDARD_FILES = ['libmpi_abi.so.1', 'libmpi_abi.so.0', 'libmpi_abi.so'];

/** Those to try, in this order: first those of the launcher that started this process, which its environment tells. */
export function libraryFiles(environment: Environment): readonly string[] {
  const isHydra = launchOf(environment)?.launcher === 'Hydra';
  const [first, second] = isHydra ? [MPICH_FILES, OPEN_MPI_FILES] : [OPEN_MPI_FILES, MPICH_FILES];
  return [...first, ...STANDARD_FILES, ...second];
}
