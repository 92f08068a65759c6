/** The log of a search: its lines so far. A search that is started again with the same log does not repeat a trial. */
import { readFile } from 'node:fs/promises';
import { errors, hasCode } from '../../errors.js';
import { type FolderLock, lockFile } from '../../files/folder-lock.js';
import { parseJsonOr } from '../../files/json.js';
import { openOutput, requireOutput, writeOutput } from '../../files/output.js';
import type { FileOrDescriptor } from '../../files/resolve-links.js';
import { fieldsOf } from '../../files/type-guards.js';
import type { SearchStartEvent, TrialEvent } from '../../metrics/search-events.js';
import { escapedJson } from '../../text/printable.js';

/** @throws LockstepError if the log must not be written to this file */
export async function requireLog(file: string, inputs: readonly FileOrDescriptor[]): Promise<void> {
  await requireOutput({ flag: '--log', file, kind: 'search' }, inputs);
}

/**
 * Held by one search at a time, because each write replaces the whole log.
 *
 * @throws LockstepError if another search holds it
 */
export async function lockLog(file: string): Promise<FolderLock> {
  let lock: FolderLock | undefined;
  try {
    lock = await lockFile(file);
  } catch (error) {
    throw errors.outputUnusable('--log', file, error);
  }
  if (!lock) throw errors.logBusy(file);
  return lock;
}

export class SearchLog {
  readonly #file: string;
  readonly #start: SearchStartEvent;
  readonly #trials: TrialEvent[];
  /** The write that is under way: only one at a time, because each writes the whole file. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, start: SearchStartEvent, trials: TrialEvent[]) {
    this.#file = file;
    this.#start = start;
    this.#trials = trials;
  }

  /**
   * Continues the log, or begins it.
   *
   * @param start  of this search; its time is that of the log
   * @throws LockstepError if the log is of another search, or cannot be used
   */
  static async open(file: string, start: SearchStartEvent): Promise<SearchLog> {
    await openOutput({ flag: '--log', file, kind: 'search' });
    const [first, ...lines] = await linesOf(file);
    if (first === undefined) {
      const log = new SearchLog(file, start, []);
      await log.#write();
      return log;
    }
    const found = fieldsOf(parseJsonOr(first, undefined)) as Partial<SearchStartEvent>;
    const difference = differenceOf(found, start);
    if (difference !== undefined) throw errors.otherSearch(file, difference);
    const trials = lines.map((line, i) => {
      const trial = trialIn(line);
      if (!trial) throw errors.damagedLog(file, i + 2);
      return trial;
    });
    return new SearchLog(file, { ...start, time: String(found.time) }, trials);
  }

  get start(): SearchStartEvent {
    return this.#start;
  }

  find(trial: number, rung: number): TrialEvent | undefined {
    return this.#trials.find((each) => each.trial === trial && each.rung === rung);
  }

  /** Resolves when the trial is safely on disk. @throws LockstepError */
  async add(trial: TrialEvent): Promise<void> {
    this.#trials.push(trial);
    const writing = this.#writing.catch(() => undefined).then(() => this.#write());
    this.#writing = writing;
    await writing;
  }

  async #write(): Promise<void> {
    const text = [this.#start, ...this.#trials].map((line) => `${escapedJson(JSON.stringify(line))}\n`).join('');
    await writeOutput({ flag: '--log', file: this.#file, kind: 'search' }, [Buffer.from(text)]);
  }
}

async function linesOf(file: string): Promise<string[]> {
  try {
    const text = await readFile(file, 'utf8');
    return text.split('\n').filter((line) => line !== '');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw errors.unreadable(file, error);
  }
}

/** The first field that differs. More trials may be added to a search without halving. */
function differenceOf(found: Partial<SearchStartEvent>, start: SearchStartEvent): string | undefined {
  const mayGrow = start.halving === null && Number(found.trials) <= start.trials;
  const names = Object.keys(start) as (keyof SearchStartEvent)[];
  return names.find((name) => {
    if (name === 'time' || (mayGrow && (name === 'trials' || name === 'rungs'))) return false;
    return JSON.stringify(found[name]) !== JSON.stringify(start[name]);
  });
}

function trialIn(line: string): TrialEvent | undefined {
  const fields = fieldsOf(parseJsonOr(line, undefined)) as Partial<TrialEvent>;
  const { event, trial, rung, loss, options } = fields;
  const isTrial =
    event === 'trial' &&
    Number.isInteger(trial) &&
    Number.isInteger(rung) &&
    (loss === null || Number.isFinite(loss)) &&
    typeof options === 'object';
  return isTrial ? (fields as TrialEvent) : undefined;
}
