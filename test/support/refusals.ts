/** What the code under test refuses, and in which words. */
import { expect } from 'vitest';
import { type ErrorCode, LockstepError, reason } from '../../src/errors.js';

export interface Refusal {
  /** In the words of the command, which are the table's; test/library/words.test.ts has what a program reads. */
  readonly message: string;
  readonly status: 1 | 2;
  readonly code: ErrorCode;
  readonly cause: unknown;
  readonly error: LockstepError;
}

/** What `act` throws, or its promise rejects with: a LockstepError whose message is one line. */
export async function refusalOf(act: () => unknown): Promise<Refusal> {
  let thrown: unknown;
  try {
    await act();
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof LockstepError)) throw new Error('expected a LockstepError', { cause: thrown });
  expect(thrown.message).not.toContain('\n');
  const { status, code, cause } = thrown;
  return { message: reason(thrown), status, code, cause, error: thrown };
}
