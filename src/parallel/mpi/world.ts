/**
 * All ranks, as the main thread sees them: one process each, of which this is one.
 *
 * MPI can be begun once in a process and ended once. It is begun by the first run that asks for it, and ended when the process
 * exits. Runs follow each other; there is one at a time, because each rank has one communicator.
 *
 * From its beginning a run is awaited: the other ranks wait for this one, in whatever they do together. It no longer is once
 * all ranks have agreed to end (`agreeToEnd`). A run that is left while it is awaited, in whatever way, ends all ranks by
 * MPI_Abort, so that none waits for one that has gone; so does a process that exits then.
 *
 * While a run trains, the main thread makes no call that could block: its first worker does (exchange.ts).
 */
import { availableParallelism, cpus, hostname } from 'node:os';
import process from 'node:process';
import { errors } from '../../errors.js';
import { launchOf } from './launcher.js';
import { type LibraryChoice, MpiLibrary } from './library.js';

/** What a worker must know to speak for its process. Plain data. */
export interface RankTask {
  readonly rank: number;
  readonly ranks: number;
  readonly library: LibraryChoice;
}

/** How long a rank that has failed waits before it ends the others: its last lines are to reach their readers. */
const GRACE_MS = 1000;

let joined: World | undefined;

export class World {
  readonly #library: MpiLibrary;
  readonly rank: number;
  readonly ranks: number;
  /** The MPI's name and version. */
  readonly version: string;
  #isRunning = false;
  #isAwaited = false;

  private constructor(library: MpiLibrary) {
    this.#library = library;
    this.version = library.version;
    // By another thread of this process, for example: MPI would end all ranks.
    if (library.isInitialized) throw errors.mpiBegunElsewhere(this.version);
    if (!library.init()) throw errors.mpiThreads(this.version);
    this.rank = library.rank;
    this.ranks = library.size;
    process.on('exit', (status) => this.#exit(status));
  }

  /**
   * The ranks that this process is one of: itself alone, where no launcher started it.
   *
   * @param file  the MPI library; undefined for the system's
   * @throws LockstepError if there is none, or it is not the launcher's
   */
  static join(file?: string): World {
    keepMemoryHooksOut();
    joined ??= new World(MpiLibrary.load(file));
    const { ranks, version } = joined;
    const launched = launchOf(process.env)?.processes ?? 1;
    // Each for itself, they would all train the whole, and write the same files.
    if (ranks === 1 && launched > 1) throw errors.otherMpi(launched, version);
    return joined;
  }

  get task(): RankTask {
    return { rank: this.rank, ranks: this.ranks, library: this.#library.choice };
  }

  get isFirst(): boolean {
    return this.rank === 0;
  }

  /** What is to be said of where the launcher has put this process: undefined if nothing is. */
  remarkOn(threads: number): string | undefined {
    const bound = availableParallelism();
    if (threads <= bound || bound >= cpus().length) return undefined;
    return (
      `${threads} threads share ${bound === 1 ? '1 core' : `${bound} cores`}, to which the launcher has bound each rank; ` +
      `bind it to more (Open MPI: --map-by socket:PE=${threads}, or --bind-to none), or give fewer --threads`
    );
  }

  /**
   * A run begins in this process.
   *
   * @throws LockstepError if one is under way
   */
  begin(): void {
    if (this.#isRunning) throw errors.mpiInUse();
    this.#isRunning = true;
    this.#isAwaited = true;
  }

  /** Whether other ranks wait, or are going to, for what this one does next. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  /** All ranks know that the run ends, and what of: none waits for this one any more. */
  agreeToEnd(): void {
    this.#isAwaited = false;
  }

  /**
   * The run has ended in this process. If the other ranks wait for it all the same, all of them are ended, as soon as what
   * this one has written has reached its readers.
   */
  leave(): void {
    this.#isRunning = false;
    if (this.#isAwaited) setTimeout(() => this.#library.abort(1), GRACE_MS);
  }

  /** What every rank says, by rank. All must call it; blocks until all have. */
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

  /** Rank 0's bytes; nothing if it has none. Likewise. @param bytes  read on rank 0 */
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
 * UCX, which MPICH and some builds of Open MPI send by, patches the C library's memory functions when MPI begins, while the
 * engine's own threads allocate: of some hundred runs one then died of it (https://github.com/openucx/ucx/issues/3831). It reads
 * this when it is loaded; whoever needs the hooks can ask for them. (Of a worker's environment the C library would know nothing.)
 */
function keepMemoryHooksOut(): void {
  process.env.UCX_MEM_EVENTS ??= 'n';
}

/** A rank's name in messages. */
export function rankName(rank: number, host: string): string {
  return `rank ${rank} (${host})`;
}

export const ownHost = hostname();
