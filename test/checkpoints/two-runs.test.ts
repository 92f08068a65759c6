/** One folder, more than one run: none of them loses anything by the other. */
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import type { TrainEvent } from '../../src/metrics/events.js';
import type { TrainOptions } from '../../src/options.js';
import { train } from '../../src/train.js';
import { collect } from '../support/events.js';
import { type Folder, temporaryFolder } from '../support/idx-files.js';
import { mnistPart } from '../support/mnist-part.js';

let data: Folder;
let folder: Folder;
beforeAll(async () => {
  data = await mnistPart(60, 20);
  folder = temporaryFolder();
});
afterAll(() => {
  data.remove();
  folder.remove();
});

const options = (seed: number): TrainOptions => ({ data: data.path, hidden: [5], batchSize: 20, threads: 1, seed });
const inFolder = (...names: string[]) => path.join(folder.path, ...names);

describe('two runs that begin in one empty folder at once', () => {
  it('do not write over each other: the later is told so', async () => {
    const checkpointDir = inFolder('at-once');
    const second: TrainEvent[] = [];
    let warnings = 0;
    // The first has seen an empty folder, and waits for its consumer; the other begins, and writes.
    for await (const event of train({ ...options(1), epochs: 2, checkpointDir })) {
      if (event.event === 'start')
        for await (const other of train({ ...options(2), epochs: 2, checkpointDir })) second.push(other);
      if (event.event === 'warning') {
        warnings++;
        expect(event.code).toBe('checkpoint_failed');
        expect(event.message).toContain('another run has written it meanwhile');
      }
    }
    expect(warnings).toBeGreaterThan(0);
    expect(second.at(-1)).toMatchObject({ event: 'end', status: 'completed' });
    for (const name of readdirSync(checkpointDir)) {
      expect((await readCheckpoint(path.join(checkpointDir, name))).config.seed).toBe(2);
    }
    expect(readdirSync(checkpointDir)).toHaveLength(2);
  });
});

describe('a checkpoint that is named, among those of others', () => {
  it('goes on without removing theirs, or itself', async () => {
    const [one, two, shared] = [inFolder('one'), inFolder('two'), inFolder('shared')];
    await collect({ ...options(1), epochs: 2, checkpointDir: one });
    await collect({ ...options(2), epochs: 6, checkpointDir: two });
    await collect({ ...options(1), epochs: 0, checkpointDir: shared });
    const names = { theirs: 'epoch-000001.safetensors', named: 'epoch-000006.safetensors' };
    copyFileSync(path.join(one, names.theirs), path.join(shared, names.theirs));
    copyFileSync(path.join(two, names.named), path.join(shared, names.named));
    await collect({ resume: path.join(shared, names.named), epochs: 9, keep: 1 });
    expect(readdirSync(shared).sort()).toEqual([
      'epoch-000000.safetensors',
      names.theirs,
      names.named,
      'epoch-000009.safetensors',
    ]);
  });
});

it('a run keeps its name when it is resumed, also elsewhere', async () => {
  const [one, other] = [inFolder('named'), inFolder('elsewhere')];
  await collect({ ...options(1), epochs: 1, checkpointDir: one });
  const { end } = await collect({ resume: one, checkpointDir: other, epochs: 2 });
  const [first, second] = [path.join(one, 'epoch-000001.safetensors'), path.join(other, 'epoch-000002.safetensors')];
  expect((await readCheckpoint(first)).run).toBe((await readCheckpoint(second)).run);
  expect(end.checkpoint).toBe(second);
  expect(existsSync(first)).toBe(true);
});
