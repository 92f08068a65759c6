/** The reference's job on all of MNIST, as a command: its first epochs, and what the process needs for them. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { trainCommand } from '../support/paths.js';
import { valuesOf } from '../support/thoroughness.js';
import { endOf, eventsOf } from '../support/undisturbed.js';

const run = promisify(execFile);

/** An independent float32 implementation of the reference with another random generator: its first five epochs. */
const ALL_LOSSES = [0.487, 0.252, 0.195, 0.159, 0.134];
const REFERENCE_LOSSES = valuesOf(ALL_LOSSES, ALL_LOSSES.slice(0, 2));

let stdout: string;
let stderr: string;
beforeAll(async () => {
  // Loaded into every thread; the process's resident set is reported by the last to leave, the main thread.
  const tellsPeak = 'data:text/javascript,process.on("exit",()=>console.error(process.resourceUsage().maxRSS))';
  const args = ['--threads', '2', '--epochs', String(REFERENCE_LOSSES.length)];
  ({ stdout, stderr } = await run(process.execPath, ['--import', tellsPeak, trainCommand, ...args]));
});

it(`trains the reference's first ${REFERENCE_LOSSES.length} epochs to its losses within 0.01`, () => {
  const [start, ...rest] = eventsOf(stdout);
  expect(start).toMatchObject({
    dataset: { name: 'mnist', train: 60_000, test: 10_000, inputs: 784, classes: 10 },
    model: { layers: [784, 1000, 10], parameters: 795_010 },
  });
  const epochs = rest.filter((event) => event.event === 'epoch');
  expect(epochs).toHaveLength(REFERENCE_LOSSES.length);
  for (const [i, { train_loss }] of epochs.entries()) {
    expect(Math.abs(train_loss! - REFERENCE_LOSSES[i]!)).toBeLessThanOrEqual(0.01);
  }
  expect(endOf(stdout)!.test_error).toBeLessThan(epochs.length === 5 ? 0.04 : 0.08);
});

it('needs less than 400 MB of memory with 2 threads', () => {
  const kilobytes = Number(stderr.trim().split('\n').at(-1));
  expect(kilobytes).toBeGreaterThan(10_000);
  expect(kilobytes * 1024).toBeLessThan(400e6);
});
