/** Writes checkpoints in the background: the team waits only while its parameters are copied. */
import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { errors, hasCode, reason } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';
import { exists } from '../files/output.js';
import type { Values } from '../files/safetensors.js';
import type { LayerMemory } from '../memory/layer-memory.js';
import type { CheckpointEvent, WarningEvent } from '../metrics/events.js';
import type { Position, RunState } from '../metrics/run-state.js';
import { copyMoments, copyParameters, likeParameters, parameterCount, readParameters } from '../model/parameters.js';
import { encodeCheckpoint, headerOfCheckpoint, readHeader } from './checkpoint-file.js';
import { checkpointName, type Listed } from './folder.js';
import type { ModelDescription } from './model-file.js';

export interface CheckpointerOptions {
  readonly folder: string;
  /** Number of checkpoints to keep. */
  readonly keep: number;
  readonly model: ModelDescription;
  readonly layers: readonly LayerMemory[];
  /** Sums of an audit; empty without. */
  readonly audit: Float32Array;
  /** Checkpoints in the folder, newest first. */
  readonly listed: readonly Listed[];
  /** The checkpoint that the run resumes from, in any folder. */
  readonly resumedFrom: string | undefined;
  /** Number of steps done in that checkpoint. */
  readonly startStep: number;
  /** Whether `--resume` names that file: then it is not removed. */
  readonly isNamed: boolean;
  readonly stateAt: (position: Position) => RunState;
  /** Called when there is something to `drain`. */
  readonly onNews: () => void;
  /** Called when a checkpoint could not be written. */
  readonly onFailure: (failure: unknown) => void;
}

/** Copies of the memory that threads change. */
interface Copies {
  readonly parameters: readonly LayerMemory[];
  readonly moments: readonly (readonly LayerMemory[])[];
  readonly best: readonly LayerMemory[] | undefined;
  readonly audit: Float32Array | undefined;
}

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  /** Newest first; the last ones are removed as new ones are written. */
  #kept: Listed[];
  #newest: string | undefined;
  /** The name of the checkpoint taken last. */
  #last: string | undefined;
  #writing: Promise<void> = Promise.resolve();
  #news: (CheckpointEvent | WarningEvent)[] = [];

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    const { resumedFrom, folder, listed, model, isNamed, startStep } = options;
    // Checkpoints of other runs, the named file, and newer (unusable) checkpoints are not removed.
    this.#kept = listed.filter(
      ({ run, file, step = Number.POSITIVE_INFINITY }) =>
        run === model.run && step <= startStep && !(isNamed && isSame(file, resumedFrom)),
    );
    this.#newest = resumedFrom;
    if (resumedFrom !== undefined && isSame(path.dirname(resumedFrom), folder)) {
      this.#last = path.basename(resumedFrom);
    }
  }

  /** The newest checkpoint, if any. */
  get newest(): string | undefined {
    return this.#newest;
  }

  /** Events since the last call. */
  drain(): (CheckpointEvent | WarningEvent)[] {
    return this.#news.splice(0);
  }

  /**
   * Takes a checkpoint while the parameters do not change. Resolves when they have been copied. It first waits for the
   * previous checkpoint to be written, so that a slow disk slows the run down instead of filling the memory.
   */
  async take(position: Position): Promise<void> {
    await this.#writing;
    const { layers, audit, stateAt, model } = this.#options;
    const { keepBest: keepsBest } = model.config;
    const state = stateAt(position);
    const name = checkpointName(state);
    // A run may be stopped where a checkpoint has just been taken.
    if (name === this.#last) return;
    const copies: Copies = {
      parameters: copyParameters(layers),
      moments: copyMoments(layers),
      best: state.best && keepsBest ? likeParameters(layers, ({ best }) => best.slice()) : undefined,
      audit: audit.length > 0 ? audit.slice() : undefined,
    };
    this.#last = name;
    this.#writing = this.#write(state, copies);
  }

  /**
   * Resolves when all writes have finished or failed.
   *
   * @param isGood  whether the run is complete: then its evaluation has shown that the last checkpoint is good
   */
  async finish(isGood: boolean): Promise<void> {
    await this.#writing;
    if (isGood) await this.#prune();
  }

  async #write(state: RunState, { parameters, moments, best, audit }: Copies): Promise<void> {
    const { folder, model, onNews, onFailure } = this.#options;
    const file = path.join(folder, checkpointName(state));
    const own: Listed = { file, step: state.step, run: model.run };
    try {
      const values = kernelValues(parameters);
      // The next step will end the run; the last good checkpoint remains the newest.
      if (!values.every(Number.isFinite)) return;
      if (await exists(file)) {
        const { run } = await headerOfCheckpoint(file);
        if (run !== undefined && run !== model.run) throw new Error('another run has written this file');
      }
      // The losses since the last checkpoint were finite, so that checkpoint is good and older ones can be removed.
      await this.#prune();
      await writeAtomically(
        file,
        'checkpoint',
        encodeCheckpoint(model, state, values, moments.map(kernelValues), best && kernelValues(best), audit),
        model.privacy && OWNER_ONLY,
      );
      this.#news.push({ event: 'checkpoint', file, epochs: state.epochs, step: state.step });
      this.#keep(own);
    } catch (error) {
      this.#last = undefined;
      // If only the flush of the folder failed, the file exists and must be pruned later.
      const { step, run } = await headerOfCheckpoint(file);
      if (step === own.step && run === own.run) this.#keep(own);
      const failed = errors.checkpointFailed(file, error, this.newest);
      this.#news.push({ event: 'warning', code: 'checkpoint_failed', message: reason(failed) });
      onFailure(failed);
    }
    onNews();
  }

  #keep(written: Listed): void {
    this.#kept = [written, ...this.#kept.filter(({ file }) => file !== written.file)];
    this.#newest = written.file;
  }

  async #prune(): Promise<void> {
    for (const old of this.#kept.slice(this.#options.keep)) {
      this.#kept = this.#kept.filter((each) => each !== old);
      try {
        // If the folder has been replaced, the file may belong to another run.
        const { step, run } = await readHeader(old.file);
        if (step === old.step && run === old.run) await unlink(old.file);
      } catch (error) {
        if (hasCode(error, 'ENOENT')) continue;
        const message = `${old.file} could not be removed (${reason(error)}); remove it manually`;
        this.#news.push({ event: 'warning', code: 'checkpoint_not_removed', message });
      }
    }
  }
}

/** Permissions of a file with a secret. */
const OWNER_ONLY = 0o600;

/** In the order of the file and the precision of the kernel. */
function kernelValues(layers: readonly LayerMemory[]): Values {
  const length = parameterCount(layers);
  const isSingle = layers[0]!.parameters instanceof Float32Array;
  return readParameters<Values>(layers, isSingle ? new Float32Array(length) : new Float64Array(length));
}

function isSame(file: string, other: string | undefined): boolean {
  return other !== undefined && path.resolve(file) === path.resolve(other);
}
