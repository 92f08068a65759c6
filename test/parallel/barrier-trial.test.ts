/** The measurement of a barrier: it ends soon, whatever the helper thread does, and leaves no thread behind. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BarrierTrial } from '../../src/parallel/barrier-trial.js';
import { watchThreads } from '../support/threads-of.js';

/** A helper thread with this code. */
const helper = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
const READY = `import { parentPort, workerData } from 'node:worker_threads'; parentPort.postMessage('ready');`;
/** Longer than any limit. */
const WAITS = `Atomics.wait(workerData.words, workerData.words.length - 1, 0, 10_000);`;

describe('a barrier trial', () => {
  it('gives a time between 10 ns and 3 µs, or none on a busy machine', async () => {
    using trial = new BarrierTrial();
    const seconds = await trial.measure();
    if (seconds !== undefined) expect(seconds).toBeGreaterThan(10e-9);
    expect(seconds ?? 0).toBeLessThan(3e-6);
  });

  it.each(['before it has started', 'after a measurement'])('ends the helper thread %s', async (when) => {
    const threads = watchThreads();
    const trial = new BarrierTrial();
    if (when === 'after a measurement') await trial.measure();
    trial[Symbol.dispose]();
    await setImmediate();
    threads.stop();
    expect(threads.all).toHaveLength(1);
    await threads.ended();
    expect(await trial.measure()).toBe(undefined);
  });

  it.each([
    ['is not there', new URL('file:///nowhere/partner.js')],
    ['throws', helper('throw new Error("fault")')],
    ['ends at once', helper('')],
    ['throws when it is ready', helper(`${READY} throw new Error("fault")`)],
    ['ends when it is ready', helper(READY)],
    ['never says that it is ready', helper(`import { workerData } from 'node:worker_threads'; ${WAITS}`)],
    ['is ready but never comes', helper(`${READY} ${WAITS}`)],
  ])('has no result if the helper thread %s, and does not hang', async (_, file) => {
    using trial = new BarrierTrial(file);
    const began = performance.now();
    expect(await trial.measure()).toBe(undefined);
    // 50 ms of waiting and 8 ms of spinning, on a busy machine.
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});
