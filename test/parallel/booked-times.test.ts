/** Workers book their times in a record that is theirs: not while they wait for it, when an earlier epoch may still be read. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder, writeDataset } from '../support/idx-files.js';
import { root } from '../support/paths.js';
import { finishOf, spawnQuiet } from '../support/run-command.js';

it('an epoch that is read late has the times that it had when it ended', async () => {
  const data = temporaryFolder();
  try {
    const part = (count: number) => ({ labels: Array.from({ length: count }, (_, s) => s % 3), pixel: () => 7 });
    writeDataset(data, { train: part(250), test: part(6) });
    const support = path.join(root, 'dist/test/support');
    // By a clock that counts its looks, all epochs take the same times.
    const args = [
      '--import',
      path.join(support, 'counting-clock.js'),
      path.join(support, 'slow-consumer.js'),
      data.path,
    ];
    const { status, stdout, stderr } = await finishOf(spawnQuiet(process.execPath, args));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { fractions, computed } = JSON.parse(stdout) as Record<'fractions' | 'computed', number[]>;
    for (const times of [fractions, computed]) {
      expect(times).toHaveLength(4);
      expect(times[0]).toBeGreaterThan(0);
      expect(new Set(times)).toEqual(new Set([times[3]]));
    }
  } finally {
    data.remove();
  }
});
