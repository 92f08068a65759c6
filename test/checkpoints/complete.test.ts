/** A run that resumes what is complete: its end event tells of the checkpoint that it has come from. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import { listCheckpoints } from '../../src/checkpoints/folder.js';
import { collect } from '../support/events.js';
import { scratchWith } from '../support/scratch.js';

const scratch = scratchWith(60, 20);
const options = () => ({ data: scratch.data, hidden: [10], batchSize: 20, threads: 2, epochs: 3 });

it('in the folder, by name, or from another one', async () => {
  const folder = scratch.newPath();
  const whole = await collect({ ...options(), checkpointDir: folder });
  const file = path.join(folder, 'epoch-000003.safetensors');
  expect(whole.end.checkpoint).toBe(file);
  const { weights_sha256 } = whole.end;
  for (const resume of [{ resume: folder }, { resume: file }, { resume: file, checkpointDir: scratch.newPath() }]) {
    const { end } = await collect(resume);
    expect(end).toMatchObject({ status: 'completed', checkpoint: file, weights_sha256 });
  }
});

it('one that is named is the newest, whatever the run has left before it', async () => {
  const folder = scratch.newPath();
  await collect({ ...options(), checkpointDir: folder });
  const file = path.join(folder, 'epoch-000002.safetensors');
  const early = scratch.newPath();
  mkdirSync(early);
  for (const name of ['epoch-000001.safetensors', 'epoch-000002.safetensors']) {
    copyFileSync(path.join(folder, name), path.join(early, name));
  }
  const resume = path.join(early, path.basename(file));
  expect((await collect({ resume, epochs: 2 })).end.checkpoint).toBe(resume);
});

it('a damaged checkpoint takes the place of none that is good, though its header can be read', async () => {
  const folder = scratch.newPath();
  await collect({ ...options(), checkpointDir: folder });
  const damaged = path.join(folder, 'epoch-000003.safetensors');
  const bytes = readFileSync(damaged);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(damaged, bytes);
  const abort = new AbortController();
  // One checkpoint more, of another step: wherever it stops, not at the end of epoch 3.
  const rest = { keep: 2, epochs: 1_000_000, checkpointEvery: 1_000_000, logEvery: 1, signal: abort.signal };
  const { start } = await collect({ resume: folder, ...rest }, ({ event }) => {
    if (event === 'step') abort.abort();
  });
  expect(start.resumed).toMatchObject({ epochs: 2 });
  const listed = await listCheckpoints(folder);
  const good = listed.map(({ file }) => file).filter((file) => file !== damaged);
  // Those that are kept, and the last, which no evaluation has shown to be good.
  expect(good).toHaveLength(3);
  for (const file of good) await readCheckpoint(file);
});
