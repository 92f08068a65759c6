/**
 * Every error that a user can meet. Each message says what was found, what was expected and what to do, in the terms of the command
 * line; `inLibraryWords` translates it for programs. The messages are in `errors/messages/`, by subject.
 */
import type { Draft } from './errors/draft.js';
import { checkpointErrors } from './errors/messages/checkpoints.js';
import { dataFileErrors } from './errors/messages/data-files.js';
import { dataInMemoryErrors } from './errors/messages/data-in-memory.js';
import { ensembleErrors } from './errors/messages/ensembles.js';
import { modelErrors } from './errors/messages/models.js';
import { mpiErrors } from './errors/messages/mpi.js';
import { optionErrors } from './errors/messages/options.js';
import { outputErrors } from './errors/messages/outputs.js';
import { plotErrors } from './errors/messages/plots.js';
import { privacyErrors } from './errors/messages/privacy.js';
import { runErrors } from './errors/messages/run.js';
import { sampleErrors } from './errors/messages/samples.js';
import { searchErrors } from './errors/messages/searches.js';
import { tableErrors } from './errors/messages/tables.js';
import { inLibraryWords, type SnakeCase, snakeCase } from './text/words.js';

export { DATA_SOURCES } from './errors/messages/data-files.js';
export { hasCode, reason } from './errors/reason.js';
export { shown, withType } from './errors/shown.js';

export class LockstepError extends Error {
  override readonly name = 'LockstepError';
  /** The kind of error, such as `data_not_found`. Stable between versions; docs/errors.md lists all codes. */
  readonly code: ErrorCode;
  /** The exit status of the command: 2 for wrong usage, 1 for everything else. */
  readonly status: 1 | 2;
  /** Under MPI: whether another rank reports this error, because all ranks fail with the same one. */
  isToldElsewhere = false;
  readonly #inCommandWords: string;

  constructor(code: ErrorCode, { message, inLibrary = inLibraryWords(message), status, cause }: Draft) {
    super(inLibrary, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.#inCommandWords = message;
  }

  /** The message as the command prints it: `--batch-size` where `message` has `batchSize`. */
  get inCommandWords(): string {
    return this.#inCommandWords;
  }
}

export type ErrorCode = SnakeCase<keyof typeof errors>;

/** Each function of the table returns an error whose code is the function's name in snake case. */
function withCodes<const Table extends Record<string, (...args: never[]) => Draft>>(table: Table) {
  const codes = new Set<string>(Object.keys(table).map((name) => snakeCase(name)));
  const entries = Object.entries(table).map(([name, draft]) => {
    const create = (...args: never[]) => {
      const drafted = draft(...args);
      const { code = '' } = drafted;
      return new LockstepError((codes.has(code) ? code : snakeCase(name)) as ErrorCode, drafted);
    };
    return [name, create];
  });
  return Object.fromEntries(entries) as {
    readonly [name in keyof Table]: (...args: Parameters<Table[name]>) => LockstepError;
  };
}

export const errors = withCodes({
  ...optionErrors,
  ...dataFileErrors,
  ...dataInMemoryErrors,
  ...tableErrors,
  ...privacyErrors,
  ...checkpointErrors,
  ...modelErrors,
  ...sampleErrors,
  ...outputErrors,
  ...plotErrors,
  ...searchErrors,
  ...ensembleErrors,
  ...mpiErrors,
  ...runErrors,
});
