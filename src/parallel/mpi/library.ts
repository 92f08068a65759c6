/** The MPI library of the system in this thread, called through koffi. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { errors } from '../../errors.js';
import { type Abi, type HandleName, libraryFiles, MPICH, OPEN_MPI, STANDARD } from './abi.js';

/** The parts of koffi that are used. (koffi is optional, so its own types may be missing.) */
interface Koffi {
  load(file: string, options: { readonly global: boolean }): Loaded;
}

interface Loaded {
  func(prototype: string): (...args: unknown[]) => number;
  symbol(name: string): unknown;
}

/** A handle of the library; the form depends on the library. */
type Handle = unknown;

/** Arrays over any memory, shared or not. */
export type Bytes = Uint8Array | Float32Array | Float64Array;

/** Plain data, because it is passed to the workers. */
export interface LibraryChoice {
  readonly file: string;
  readonly abi: Abi['name'];
}

const MOST_VERSION_BYTES = 8192;

export class MpiLibrary {
  readonly choice: LibraryChoice;
  readonly #abi: Abi;
  readonly #loaded: Loaded;
  readonly #handles: Readonly<Record<HandleName, Handle>>;
  readonly #allreduce: (...args: unknown[]) => number;
  readonly #allgather: (...args: unknown[]) => number;
  readonly #bcast: (...args: unknown[]) => number;
  readonly #sendrecv: (...args: unknown[]) => number;

  private constructor(file: string, loaded: Loaded) {
    const abi = abiOf(file, loaded);
    this.choice = { file, abi: abi.name };
    this.#abi = abi;
    this.#loaded = loaded;
    const handle = (value: number | bigint | string) => (typeof value === 'string' ? loaded.symbol(value) : value);
    const { world, byte, float32, float64, sum } = abi.handles;
    this.#handles = {
      world: handle(world),
      byte: handle(byte),
      float32: handle(float32),
      float64: handle(float64),
      sum: handle(sum),
    };
    const h = abi.handle;
    this.#allreduce = loaded.func(`int MPI_Allreduce(void *from, void *to, int count, ${h} type, ${h} op, ${h} comm)`);
    this.#allgather = loaded.func(
      `int MPI_Allgather(void *from, int sent, ${h} sendType, void *to, int received, ${h} receiveType, ${h} comm)`,
    );
    this.#sendrecv = loaded.func(
      `int MPI_Sendrecv(void *from, int sent, ${h} sendType, int to, int sendTag, void *into, int received, ` +
        `${h} receiveType, int source, int receiveTag, ${h} comm, void *status)`,
    );
    this.#bcast = loaded.func(`int MPI_Bcast(void *buffer, int count, ${h} type, int root, ${h} comm)`);
  }

  /**
   * Finds and loads the library, without calling MPI_Init.
   *
   * @param file  undefined: the library of the system
   * @throws LockstepError if koffi or the library is missing
   */
  static load(file: string | undefined): MpiLibrary {
    const koffi = loadKoffi();
    const tried: string[] = [];
    for (const each of file === undefined ? libraryFiles(process.env) : [file]) {
      try {
        return MpiLibrary.#open(koffi, each);
      } catch (error) {
        tried.push(`${each}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    throw file === undefined ? errors.noMpi(tried) : errors.notMpi(tried[0]!);
  }

  /** Loads the library in another thread of the process. */
  static attach({ file }: LibraryChoice): MpiLibrary {
    return MpiLibrary.#open(loadKoffi(), file);
  }

  static #open(koffi: Koffi, file: string): MpiLibrary {
    // Global, because the components that Open MPI loads need its symbols.
    return new MpiLibrary(file, koffi.load(file, { global: true }));
  }

  /** Name and version: `Open MPI v4.1.4`. */
  get version(): string {
    const text = Buffer.alloc(MOST_VERSION_BYTES);
    this.#call('int MPI_Get_library_version(void *text, void *length)', text, new Int32Array(1));
    const [first = ''] = text.toString('utf8').split('\0');
    return first.split(/[\n,]/)[0]!.replaceAll(/\s+/g, ' ').trim();
  }

  /**
   * Initializes MPI in this process.
   *
   * @returns false if the library supports calls only from the initializing thread
   */
  init(): boolean {
    const { multiple, serialized } = this.#abi.threads;
    const provided = new Int32Array(1);
    this.#call(
      'int MPI_Init_thread(void *argc, void *argv, int required, void *provided)',
      null,
      null,
      multiple,
      provided,
    );
    return provided[0]! >= serialized;
  }

  /** Whether MPI has been initialized in this process by any code, even if it has been finalized since. */
  get isInitialized(): boolean {
    const answer = new Int32Array(1);
    this.#call('int MPI_Initialized(void *answer)', answer);
    return answer[0] !== 0;
  }

  finalize(): void {
    this.#call('int MPI_Finalize()');
  }

  /** Ends all ranks, including this one. Any thread may call it at any time. */
  abort(status: number): void {
    this.#call(`int MPI_Abort(${this.#abi.handle} comm, int status)`, this.#handles.world, status);
  }

  get rank(): number {
    return this.#ask('MPI_Comm_rank');
  }

  get size(): number {
    return this.#ask('MPI_Comm_size');
  }

  /** values ← the sum over all ranks, in place. Blocks. */
  sum(values: Float32Array | Float64Array): void {
    const { world, sum, float32, float64 } = this.#handles;
    const type = values instanceof Float32Array ? float32 : float64;
    check(this.#allreduce(this.#abi.inPlace, values, values.length, type, sum, world), 'MPI_Allreduce');
  }

  /** Exchanges values with another rank: two arrays of the same length and type. Blocks. */
  swap(values: Float32Array | Float64Array, into: Float32Array | Float64Array, other: number): void {
    const { world, float32, float64 } = this.#handles;
    const type = values instanceof Float32Array ? float32 : float64;
    const { length } = values;
    const { noStatus } = this.#abi;
    check(
      this.#sendrecv(values, length, type, other, 0, into, length, type, other, 0, world, noStatus),
      'MPI_Sendrecv',
    );
  }

  /** Gathers blocks of equal length from all ranks. The block of this rank must already be in its place. Blocks. */
  gather(blocks: Bytes, blockBytes: number): void {
    const { world, byte } = this.#handles;
    const result = this.#allgather(this.#abi.inPlace, 0, byte, blocks, blockBytes, byte, world);
    check(result, 'MPI_Allgather');
  }

  /** bytes ← the bytes of rank 0. Blocks. */
  broadcast(bytes: Uint8Array): void {
    const { world, byte } = this.#handles;
    check(this.#bcast(bytes, bytes.length, byte, 0, world), 'MPI_Bcast');
  }

  #ask(name: string): number {
    const answer = new Int32Array(1);
    this.#call(`int ${name}(${this.#abi.handle} comm, void *answer)`, this.#handles.world, answer);
    return answer[0]!;
  }

  #call(prototype: string, ...args: unknown[]): void {
    check(this.#loaded.func(prototype)(...args), prototype.replace(/^int (\w+).*$/, '$1'));
  }
}

/** By default, MPI ends all ranks when a call fails; this handles calls that return an error instead. */
function check(result: number, name: string): void {
  if (result !== 0) throw errors.mpiCall(name, result);
}

function abiOf(file: string, loaded: Loaded): Abi {
  if (path.basename(file).startsWith('libmpi_abi')) return STANDARD;
  try {
    loaded.symbol(OPEN_MPI.handles.world as string);
    return OPEN_MPI;
  } catch {
    return MPICH;
  }
}

/** @throws LockstepError if it is not installed */
function loadKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)('koffi') as Koffi;
  } catch (error) {
    throw errors.noKoffi(error);
  }
}
