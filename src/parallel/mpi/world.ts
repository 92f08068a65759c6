/**
 * The MPI ranks, as seen by the main thread of one of them. Each rank is a process.
 *
 * MPI can be initialized and finalized only once in a process: by the first run with MPI, and when the process exits. Only
 * one run at a time can use it, because each rank has one communicator.
 *
 * From its beginning until all ranks have agreed to end (`agreeToEnd`), the other ranks wait for this one ("awaited"). If
 * the run or the process ends while it is awaited, MPI_Abort ends all ranks, so that none waits forever.
 *
 * During training, the main thread makes no blocking call; its first worker does (exchange.ts).
 */
import { availableParallelism, cpus, hostname } from 'node:os';
import process from 'node:process';
import { errors } from '../../errors.js';
import { launchOf } from './launcher.js';
import { type LibraryChoice, MpiLibrary } from './library.js';

/** The MPI data of a worker. Plain data. */
export interface RankTask {
  readonly rank: number;
  readonly ranks: number;
  readonly library: LibraryChoice;
}

/** How long a failed rank waits before it ends the others, so that its last output reaches its readers. */
const GRACE_MS = 1000;

let joined: World | undefined;

export class World {
  readonly #library: MpiLibrary;
  readonly rank: number;
  readonly ranks: number;
  /** Name and version of the MPI library. */
  readonly version: string;
  #isRunning = false;
  #isAwaited = false;

  private constructor(library: MpiLibrary) {
    this.#library = library;
    this.version = library.version;
    // A second initialization would end all ranks.
    if (library.isInitialized) throw errors.mpiBegunElsewhere(this.version);
    if (!library.init()) throw errors.mpiThreads(this.version);
    this.rank = library.rank;
    this.ranks = library.size;
    process.on('exit', (status) => this.#exit(status));
  }

  /**
   * Joins the ranks of the launcher. Without a launcher, this process is the only rank.
   *
   * @param file  the MPI library; undefined: the library of the system
   * @throws LockstepError if there is none, or it does not belong to the launcher
   */
  static join(file?: string): World {
    keepMemoryHooksOut();
    joined ??= new World(MpiLibrary.load(file));
    const { ranks, version } = joined;
    const launched = launchOf(process.env)?.processes ?? 1;
    // Each process would train the whole model alone, and write the same files.
    if (ranks === 1 && launched > 1) throw errors.otherMpi(launched, version);
    return joined;
  }

  get task(): RankTask {
    return { rank: this.rank, ranks: this.ranks, library: this.#library.choice };
  }

  get isFirst(): boolean {
    return this.rank === 0;
  }

  /** A warning if the launcher has bound this process to fewer cores than it has threads. */
  remarkOn(threads: number): string | undefined {
    const bound = availableParallelism();
    if (threads <= bound || bound >= cpus().length) return undefined;
    return (
      `${threads} threads share ${bound === 1 ? '1 core' : `${bound} cores`}, to which the launcher has bound each rank; ` +
      `bind each rank to more cores (Open MPI: --map-by socket:PE=${threads}, or --bind-to none), or use fewer --threads`
    );
  }

  /**
   * Begins a run.
   *
   * @throws LockstepError if another run is active
   */
  begin(): void {
    if (this.#isRunning) throw errors.mpiInUse();
    this.#isRunning = true;
    this.#isAwaited = true;
  }

  /** Whether other ranks wait, or will wait, for this one. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  /** All ranks know that the run ends, and why. */
  agreeToEnd(): void {
    this.#isAwaited = false;
  }

  /**
   * Ends the run in this process. If other ranks still wait for it, they are ended after a delay that lets the output of
   * this process reach its readers.
   */
  leave(): void {
    this.#isRunning = false;
    if (this.#isAwaited) setTimeout(() => this.#library.abort(1), GRACE_MS);
  }

  /** The values of all ranks, by rank. All must call it; blocks until all have. */
  gather<T>(value: T): T[] {
    const text = new TextEncoder().encode(JSON.stringify(value));
    const lengths = new Float64Array(this.ranks);
    lengths[this.rank] = text.length;
    this.#library.gather(lengths, lengths.BYTES_PER_ELEMENT);
    const longest = Math.max(...lengths);
    const blocks = new Uint8Array(longest * this.ranks);
    blocks.set(text, longest * this.rank);
    this.#library.gather(blocks, longest);
    return [...lengths].map((length, rank) => {
      const from = longest * rank;
      return JSON.parse(new TextDecoder().decode(blocks.subarray(from, from + length))) as T;
    });
  }

  /** The bytes of rank 0; undefined if it has none. All must call it; blocks until all have. @param bytes  on rank 0 */
  broadcast(bytes: Uint8Array | undefined): Uint8Array | undefined {
    const [length] = this.gather(bytes ? bytes.length : -1);
    if (length === undefined || length < 0) return undefined;
    const received = this.isFirst && bytes ? bytes : new Uint8Array(length);
    this.#library.broadcast(received);
    return received;
  }

  #exit(status: number): void {
    if (this.#isAwaited) this.#library.abort(status || 1);
    else this.#library.finalize();
  }
}

/**
 * UCX, which MPICH and some builds of Open MPI use, patches the memory functions of the C library during MPI_Init, while
 * threads of V8 allocate. About one in a hundred runs crashed (https://github.com/openucx/ucx/issues/3831). UCX reads this
 * variable when it is loaded; users can set it to keep the hooks. (Setting it in a worker would not reach the C library.)
 */
function keepMemoryHooksOut(): void {
  process.env.UCX_MEM_EVENTS ??= 'n';
}

/** For messages. */
export function rankName(rank: number, host: string): string {
  return `rank ${rank} (${host})`;
}

export const ownHost = hostname();
