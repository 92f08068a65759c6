/** Writes a run's checkpoints behind it: the team waits only while its parameters are copied. */
import { stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errors, hasCode, reason } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';
import type { Values } from '../files/safetensors.js';
import type { LayerMemory } from '../memory/layout.js';
import type { CheckpointEvent, WarningEvent } from '../metrics/events.js';
import type { Position, RunState } from '../metrics/run-state.js';
import { copyMoments, copyParameters, likeParameters, parameterCount, readParameters } from '../model/parameters.js';
import { encodeCheckpoint, headerOfCheckpoint, readHeader } from './checkpoint-file.js';
import { checkpointName, type Listed } from './folder.js';
import type { ModelDescription } from './model-file.js';

export interface CheckpointerOptions {
  readonly folder: string;
  /** How many are kept. */
  readonly keep: number;
  readonly model: ModelDescription;
  readonly layers: readonly LayerMemory[];
  /** Those that are in the folder, newest first. */
  readonly listed: readonly Listed[];
  /** The file that the run goes on from, in this folder or another. */
  readonly resumedFrom: string | undefined;
  /** Steps of the run that are done there. */
  readonly startStep: number;
  /** Whether that file was asked for by name: then it is not to be removed. */
  readonly isNamed: boolean;
  readonly stateAt: (position: Position) => RunState;
  /** Called when there is something to `drain`. */
  readonly onNews: () => void;
  /** Called when a checkpoint could not be written. */
  readonly onFailure: (failure: unknown) => void;
}

/** Of what threads change. */
interface Copies {
  readonly parameters: readonly LayerMemory[];
  readonly moments: readonly (readonly LayerMemory[])[];
  readonly best: readonly LayerMemory[] | undefined;
}

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  /** Newest first; those that an older one may have to give way to. */
  #kept: Listed[];
  #newest: string | undefined;
  /** The name of the one that was taken last. */
  #last: string | undefined;
  #writing: Promise<void> = Promise.resolve();
  #news: (CheckpointEvent | WarningEvent)[] = [];

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    const { resumedFrom, folder, listed, model, isNamed, startStep } = options;
    // Another run's are its own, what was asked for by name is whoever's asked, and what is newer could not be resumed.
    this.#kept = listed.filter(
      ({ run, file, step = Number.POSITIVE_INFINITY }) =>
        run === model.run && step <= startStep && !(isNamed && isSame(file, resumedFrom)),
    );
    this.#newest = resumedFrom;
    if (resumedFrom !== undefined && isSame(path.dirname(resumedFrom), folder)) {
      this.#last = path.basename(resumedFrom);
    }
  }

  /** The newest that is there; undefined if there is none. */
  get newest(): string | undefined {
    return this.#newest;
  }

  /** What has happened since the last call. */
  drain(): (CheckpointEvent | WarningEvent)[] {
    return this.#news.splice(0);
  }

  /**
   * Takes a checkpoint, while nobody changes the parameters. Resolves when they have been copied; before that the one
   * before must have been written, so that a slow disk makes the run wait and not grow.
   */
  async take(position: Position): Promise<void> {
    await this.#writing;
    const { layers, stateAt, model } = this.#options;
    const { keepBest: keepsBest } = model.config;
    const state = stateAt(position);
    const name = checkpointName(state);
    // A run may be stopped where a checkpoint has just been taken.
    if (name === this.#last) return;
    const copies: Copies = {
      parameters: copyParameters(layers),
      moments: copyMoments(layers),
      best: state.best && keepsBest ? likeParameters(layers, ({ best }) => best.slice()) : undefined,
    };
    this.#last = name;
    this.#writing = this.#write(state, copies);
  }

  /**
   * Resolves when everything has been written, or has failed to be.
   *
   * @param isGood  whether the run is complete: then its evaluation has shown that the last one is good
   */
  async finish(isGood: boolean): Promise<void> {
    await this.#writing;
    if (isGood) await this.#prune();
  }

  async #write(state: RunState, { parameters, moments, best }: Copies): Promise<void> {
    const { folder, model, onNews, onFailure } = this.#options;
    const file = path.join(folder, checkpointName(state));
    const own: Listed = { file, step: state.step, run: model.run };
    try {
      const values = kernelValues(parameters);
      // The step that finds it out will end the run, and the last good checkpoint is to stay the newest.
      if (!values.every(Number.isFinite)) return;
      if (await isThere(file)) {
        const { run } = await headerOfCheckpoint(file);
        if (run !== undefined && run !== model.run) throw new Error('another run has written it meanwhile');
      }
      // The run has come from the last one to here, with finite losses: that one is good, and may take an older one's place.
      await this.#prune();
      await writeAtomically(
        file,
        'checkpoint',
        encodeCheckpoint(model, state, values, moments.map(kernelValues), best && kernelValues(best)),
      );
      this.#news.push({ event: 'checkpoint', file, epochs: state.epochs, step: state.step });
      this.#keep(own);
    } catch (error) {
      this.#last = undefined;
      // Where only the folder could not be flushed, the file is in place, and one day to be pruned like any other.
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
        // The folder may have been replaced since: a file of that name is then another run's.
        const { step, run } = await readHeader(old.file);
        if (step === old.step && run === old.run) await unlink(old.file);
      } catch (error) {
        if (hasCode(error, 'ENOENT')) continue;
        const message = `${old.file} could not be removed (${reason(error)}); remove it by hand`;
        this.#news.push({ event: 'warning', code: 'checkpoint_not_removed', message });
      }
    }
  }
}

/** In file order, float64 where the kernel's are. */
function kernelValues(layers: readonly LayerMemory[]): Values {
  const length = parameterCount(layers);
  const isSingle = layers[0]!.parameters instanceof Float32Array;
  return readParameters<Values>(layers, isSingle ? new Float32Array(length) : new Float64Array(length));
}

function isSame(file: string, other: string | undefined): boolean {
  return other !== undefined && path.resolve(file) === path.resolve(other);
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}
