/** What the code under test refuses, and in which words. */
import { expect } from 'vitest';
import { LockstepError } from '../../src/errors.js';

/** The error that `act` throws, or its promise rejects with: a LockstepError whose message is one line. */
export async function refusalOf(act: () => unknown): Promise<LockstepError> {
  let thrown: unknown;
  try {
    await act();
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof LockstepError)) throw new Error('expected a LockstepError', { cause: thrown });
  expect(thrown.message).not.toContain('\n');
  return thrown;
}
