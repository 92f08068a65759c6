/** Why something failed: the message of any thrown value. */
import { onOneLine } from '../text/printable.js';

/** The message of any thrown value, on one line, for the command line; with a remedy if a system limit was reached. */
export function reason(cause: unknown): string {
  const words = inCommandWords(cause);
  if (words !== undefined) return words;
  const message = onOneLine(cause instanceof Error ? cause.message : String(cause));
  const text = `${cause instanceof Error && 'code' in cause ? cause.code : ''} ${message}`;
  const limit = LIMITS.find(({ sign }) => sign.test(text));
  return limit ? `${message}; ${limit.remedy}` : message;
}

/** Some messages continue with the places that were searched. */
export function firstLine(cause: unknown): string {
  return reason(cause instanceof Error ? cause.message.split('\n')[0] : cause);
}

/** Whether `error` is a system error with this code, such as ENOENT. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** The message of a `LockstepError`, whose class is not imported here: its codes come from the messages, which call `reason`. */
function inCommandWords(cause: unknown): string | undefined {
  const isOurs = cause instanceof Error && cause.name === 'LockstepError' && 'inCommandWords' in cause;
  return isOurs && typeof cause.inCommandWords === 'string' ? cause.inCommandWords : undefined;
}

/** System and process limits, as Node and V8 report them. */
const LIMITS = [
  { sign: /\b(EMFILE|ENFILE)\b/, remedy: 'allow more open files (ulimit -n)' },
  {
    sign: /\bENOMEM\b|ERR_MEMORY_ALLOCATION_FAILED|allocation failed|could not allocate|out of memory/i,
    remedy: 'free memory, or raise the limit (ulimit -v)',
  },
  { sign: /\bEAGAIN\b/, remedy: 'allow more threads (ulimit -u)' },
] as const;
