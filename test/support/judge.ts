/** What becomes of a damaged or made-up input: it is taken, or refused as the house refuses; anything else is a violation. */
import { LockstepError } from '../../src/errors.js';

export interface Verdict<Value> {
  readonly value?: Value;
  /** Of the refusal. */
  readonly message?: string;
  /** What is wrong with how it was taken. */
  readonly violation?: string;
}

/** No message needs more, where what it quotes is short. */
const MOST_CHARACTERS = 1500;

/** @param names  what a refusal must name */
export async function verdictOf<Value>(
  act: () => Value | Promise<Value>,
  names = '',
  mostCharacters = MOST_CHARACTERS,
): Promise<Verdict<Value>> {
  try {
    return { value: await act() };
  } catch (error) {
    const violation = violationOf(error, names, mostCharacters);
    return violation === undefined ? { message: (error as Error).message } : { violation };
  }
}

export function violationOf(error: unknown, names = '', mostCharacters = MOST_CHARACTERS): string | undefined {
  if (!(error instanceof LockstepError)) {
    return `no LockstepError, but ${error instanceof Error ? error.stack?.replaceAll('\n', ' | ') : String(error)}`;
  }
  const { message } = error;
  const shown = JSON.stringify(message.slice(0, 200));
  if (/[\p{Cc}\u2028\u2029]/u.test(message)) return `more than one line: ${shown}`;
  if (message.length > mostCharacters) return `${message.length} characters: ${shown}`;
  if (!message.includes(names)) return `does not name ${names}: ${shown}`;
  // (Not every "at" is a frame's: "at least 0, found 1970-01-01T00:00:00".)
  if (/ at .*(?:\.[cm]?[jt]s|node:[\w/]+):\d+:\d+/.test(message)) return `a stack trace: ${shown}`;
  return undefined;
}

/** Cases of one kind, counted. */
export class Tally {
  readonly kind: string;
  cases = 0;
  refused = 0;
  /** Taken, and the content is what it was before the damage. */
  unharmed = 0;
  /** Taken, with another content that nothing in the file contradicts. */
  unnoticeable = 0;
  /** Bytes of buffers that a case asked for, at most. */
  mostBytes = 0;
  seconds = 0;
  readonly violations: string[] = [];

  constructor(kind: string) {
    this.kind = kind;
  }
}
