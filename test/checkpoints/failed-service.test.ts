/** A run that fails while all its threads live and end well leaves no checkpoint of the step that was half done. */
import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { Piscina } from 'piscina';
import { afterEach, expect, it, vi } from 'vitest';
import { WasmKernel } from '../../src/kernels/wasm.js';
import { train } from '../../src/run/train.js';
import { scratchWith } from '../support/scratch.js';

const scratch = scratchWith(200, 20);
afterEach(() => vi.restoreAllMocks());

it('as where the coordinator fails to apply the gradients, and whoever reads the events is elsewhere', async () => {
  const workers: Promise<unknown>[] = [];
  const { run } = Piscina.prototype;
  vi.spyOn(Piscina.prototype, 'run').mockImplementation(function (this: Piscina, ...args) {
    const worker = run.apply(this, args);
    workers.push(worker);
    return worker;
  });
  // Two layers: the second step's second call. The first layer has been stepped, and the step is not counted.
  const { applyGradients } = WasmKernel.prototype;
  let calls = 0;
  vi.spyOn(WasmKernel.prototype, 'applyGradients').mockImplementation(function (this: WasmKernel, ...args) {
    if (++calls === 4) throw new Error('out of luck');
    applyGradients.apply(this, args);
  });

  const checkpointDir = scratch.newPath();
  const options = { data: scratch.data, hidden: [20], batchSize: 50, epochs: 1, threads: 2, logEvery: 1 };
  const events: string[] = [];
  const following = async () => {
    for await (const { event } of train({ ...options, strategy: 'dense', checkpointDir })) {
      events.push(event);
      // Meanwhile the team fails, and its workers, told to end, do so without error.
      if (event === 'step') await Promise.all(workers).then(() => setImmediate());
    }
  };
  await expect(following()).rejects.toThrow('out of luck');
  expect(events).toContain('step');
  expect(events).not.toContain('checkpoint');
  expect(readdirSync(checkpointDir)).toEqual([]);
});
