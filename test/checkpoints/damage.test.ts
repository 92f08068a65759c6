/** The short form of test/reliability/damage.ts: bits and every length of a small checkpoint, and of a small data set. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import { listCheckpoints } from '../../src/checkpoints/folder.js';
import type { damageCheckpoint, damageData } from '../support/damage-cases.js';
import { damageByCommand } from '../support/damage-command.js';
import type { Tally } from '../support/judge.js';
import { inFull, TRIES_ALL } from '../support/thoroughness.js';
import { type TinyRun, tinyRun } from '../support/tiny-run.js';
import { watched } from '../support/watched.js';

const CASES = new URL('../support/damage-cases.js', import.meta.url).href;
const STEP = 'step-0000007.safetensors';

let run: TinyRun;
beforeAll(async () => {
  run = await tinyRun();
});
afterAll(() => run.remove());

function expectAll(tallies: readonly Tally[], of: string, outcome: 'refused' | 'unnoticeable'): void {
  const those = tallies.filter(({ kind }) => kind.startsWith(of));
  expect(those).not.toEqual([]);
  for (const tally of those) expect(tally[outcome], tally.kind).toBe(tally.cases);
}

it('the checkpoints are whole before they are damaged', async () => {
  for (const [name, bytes] of run.files) expect(decodeCheckpoint(name, bytes).layers).toEqual([4, 3, 3]);
  expect(await listCheckpoints(run.folder)).toHaveLength(run.files.size);
  expect(run.files.has(STEP)).toBe(true);
});

// (Every seventh bit has every place in a byte.)
const EVERY = 7;

it('a checkpoint is refused for any bit, every length, and whatever follows it', async () => {
  const bytes = run.files.get(STEP)!;
  const tallies = await watched<ReturnType<typeof damageCheckpoint>>(CASES, 'damageCheckpoint', {
    ...{ bytes, every: EVERY },
  });
  expect(tallies.flatMap(({ violations }) => violations)).toEqual([]);
  expectAll(tallies, 'checkpoint', 'refused');
  const bits = tallies.filter(({ kind }) => kind.includes('bit of')).reduce((sum, { cases }) => sum + cases, 0);
  expect(Math.abs(bits - (8 * bytes.length) / EVERY)).toBeLessThan(2);
});

it.skipIf(!TRIES_ALL)(`a data set is refused for every bit of its headers and every length${inFull}`, async () => {
  const task = { data: run.data, bits: 10, seed: 1 };
  const tallies = await watched<ReturnType<typeof damageData>>(CASES, 'damageData', task);
  expect(tallies.flatMap(({ violations }) => violations)).toEqual([]);
  for (const what of ['gigabytes promised', 'cut', 'appended to']) {
    expectAll(tallies, `IDX, ${what}`, 'refused');
    expectAll(tallies, `gzipped IDX, ${what}`, 'refused');
  }
  expectAll(tallies, 'IDX, bit of the header', 'refused');
  expectAll(tallies, 'IDX, bit of the pixels', 'unnoticeable');
  // gzip has a checksum of its content; its own header's time and system are none of that.
  const zipped = tallies.find(({ kind }) => kind === 'gzipped IDX, bit of the body')!;
  expect(zipped.refused + zipped.unharmed).toBe(zipped.cases);
  expect(zipped.refused).toBeGreaterThan(0.9 * zipped.cases);
});

it('the command refuses them in one line, and falls back to an older checkpoint where there is one', async () => {
  const tallies = await damageByCommand(run, 6, 1);
  expect(tallies.map(({ cases }) => cases)).toEqual([3, 1, 1, 1]);
  expect(tallies.flatMap(({ violations }) => violations)).toEqual([]);
});
