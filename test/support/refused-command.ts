/** A command that refuses its arguments or files, called as main() calls it: to see what it says of them takes no process. */
import process from 'node:process';
import { expect, vi } from 'vitest';
import { LockstepError, reason } from '../../src/errors.js';

/**
 * One at a time: it sees to it that nothing is written to stdout.
 *
 * @returns the exit status, and the command's line, less its name
 */
export async function refusedBy(
  command: () => Promise<unknown>,
): Promise<{ readonly status: number; readonly line: string }> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await command();
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    expect(write.mock.calls).toEqual([]);
    const line = reason(error);
    expect(line).not.toContain('\n');
    return { status: error.status, line };
  } finally {
    write.mockRestore();
  }
  return expect.fail('it was taken');
}
