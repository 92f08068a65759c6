/** The reference's job on all of MNIST: its first five epochs, and what the process needs for them. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { collect } from '../support/events.js';
import { trainCommand } from '../support/paths.js';

const run = promisify(execFile);

/** An independent float32 implementation of the reference with another random generator. */
const REFERENCE_LOSSES = [0.487, 0.252, 0.195, 0.159, 0.134];

it("trains the reference's first five epochs to its losses within 0.01", async () => {
  const { epochs, start } = await collect({ threads: 2, epochs: 5 });
  expect(start).toMatchObject({
    dataset: { name: 'mnist', train: 60_000, test: 10_000, inputs: 784, classes: 10 },
    model: { layers: [784, 1000, 10], parameters: 795_010 },
  });
  for (const [i, { train_loss }] of epochs.entries()) {
    expect(Math.abs(train_loss - REFERENCE_LOSSES[i]!)).toBeLessThanOrEqual(0.01);
  }
  expect(epochs[4]!.test_error).toBeLessThan(0.04);
});

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-memory-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('needs less than 400 MB of memory with 2 threads', async () => {
  const report = path.join(folder, 'report.mjs');
  // Loaded into every thread; the process's resident set is reported by the last to leave, the main thread.
  writeFileSync(report, "process.on('exit', () => console.error(process.resourceUsage().maxRSS));\n");
  const { stderr } = await run(process.execPath, ['--import', report, trainCommand, '--threads', '2', '--epochs', '1']);
  const kilobytes = Number(stderr.trim().split('\n').at(-1));
  expect(kilobytes).toBeGreaterThan(10_000);
  expect(kilobytes * 1024).toBeLessThan(400e6);
});
