/** An error before it has its code, and the forms that many messages share. */
import { onOneLine } from '../text/printable.js';
import { reason } from './reason.js';
import { shown } from './shown.js';

export interface Draft {
  /** For the command line. */
  readonly message: string;
  /** For programs, if translating the names of options is not enough. */
  readonly inLibrary?: string;
  readonly status: 1 | 2;
  readonly cause?: unknown;
  /** The code of the error that this one relays, perhaps from another process. */
  readonly code?: string | undefined;
}

/** Wrong usage: status 2. */
export function usage(message: string, inLibrary?: string): Draft {
  return {
    message: onOneLine(message),
    status: 2,
    ...(inLibrary !== undefined && { inLibrary: onOneLine(inLibrary) }),
  };
}

/** Any other error: status 1. */
export function failure(message: string, cause?: unknown): Draft {
  return { message: onOneLine(message), status: 1, cause };
}

/** An option as it was given: --keep 3. */
export function given(flag: string, found: unknown): string {
  const value = Array.isArray(found) ? found.join(',') : found;
  return found === true ? `--${flag}` : `--${flag} ${shown(value)}`;
}

export function requires(flag: string, found: unknown, needed: string): Draft {
  return usage(`${given(flag, found)}: requires ${needed}`);
}

export function noTableAt(flag: string, data: string, found: string): Draft {
  return failure(
    `--${flag} ${shown(data)}: ${found}; expected a table (CSV or NDJSON) with the same columns as the training table`,
  );
}

export function extension(flag: string, file: string, expected: string): Draft {
  return usage(`${flag} ${shown(file)}: unsupported file type; expected a name that ends in ${expected}`);
}

export function inaccessible(what: string, verb: 'read' | 'written', cause: unknown): Draft {
  return failure(`${what}: cannot be ${verb} (${reason(cause)}); check the path and its permissions`, cause);
}
