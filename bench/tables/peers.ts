/** A Python process that answers requests, one line each: bench/tables/peers.py. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Package, Table } from './catalog.js';

// The Python script is in the source folder, not in dist/.
const SCRIPT = fileURLToPath(new URL('../../../bench/tables/peers.py', import.meta.url));

/** With the same network as Lockstep. */
export const NETWORKS = ['MLP', 'NumPy'] as const;
/** With their own defaults. */
export const TREES = ['HistGradientBoosting', 'LightGBM'] as const;
export const PEERS = [...NETWORKS, ...TREES] as const;
/** The network in NumPy with one of the things that scikit-learn does differently. */
export const REASONS = ['NumPy, other initial values', 'NumPy, one output'] as const;
export type Peer = (typeof PEERS | typeof REASONS)[number];

/** What Python reads in a table. */
export interface Reading {
  /** Of the table, with or without a label. */
  readonly rows: number;
  /** Positions of the rows that have a label or target. */
  readonly kept: readonly number[];
  /** Of these rows. */
  readonly labels: readonly string[];
}

/** Of the test rows. */
export interface Score {
  /** The part of the rows whose class is wrong, or 1 − R². */
  readonly error: number;
  /** Mean cross-entropy; absent for numbers. */
  readonly loss?: number;
  readonly inputs: number;
  readonly seconds: number;
}

export interface ScoreRequest {
  readonly columns: readonly object[];
  readonly classes: readonly string[];
  readonly config: object;
  readonly seed: number;
  /** Positions among the rows that are kept. */
  readonly test: readonly number[];
}

export class Peers {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #python: string;

  constructor(python: string) {
    this.#python = python;
    // One thread each, as Lockstep has.
    const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
    this.#child = spawn(python, [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.#child.on('error', () => {});
    // A process that has ended does not read; the missing answer says so.
    this.#child.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  packages(names: readonly string[]): Promise<readonly Package[]> {
    return this.#ask({ ask: 'packages', names });
  }

  /** Python keeps the table for `score`. */
  read({ file, hasHeader, column, isNumber }: Table): Promise<Reading> {
    return this.#ask({ ask: 'read', file, hasHeader, column, isNumber });
  }

  score(system: Peer, request: ScoreRequest): Promise<Score> {
    return this.#ask({ ask: 'score', system, ...request });
  }

  end(): void {
    this.#child.stdin!.end();
  }

  async #ask<Answer>(request: object): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done)
      throw new Error(`${this.#python} ${SCRIPT} ended without an answer; it needs scikit-learn, pandas and lightgbm`);
    return JSON.parse(value) as Answer;
  }
}
