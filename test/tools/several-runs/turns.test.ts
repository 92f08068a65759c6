/** Turns: never more than allowed, in the order of asking, and none is lost to an abort. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Turns } from '../../../src/tools/several-runs/turns.js';

it('go to at most so many at a time, in order, whoever is aborted while waiting', async () => {
  const runs = fc.array(fc.record({ ticks: fc.nat(4), isAborted: fc.boolean() }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), runs, async (most, all) => {
      const turns = new Turns(most);
      const reason = new Error('enough');
      let active = 0;
      let highest = 0;
      const begun: number[] = [];
      const aborted: number[] = [];
      const work = all.map(async ({ ticks, isAborted }, i) => {
        const abort = new AbortController();
        if (isAborted && i >= most) queueMicrotask(() => abort.abort(reason));
        try {
          const done = await turns.next(abort.signal);
          begun.push(i);
          highest = Math.max(highest, ++active);
          for (let tick = 0; tick < ticks; tick++) await new Promise((resolve) => setImmediate(resolve));
          active--;
          done();
        } catch (error) {
          expect(error).toBe(reason);
          aborted.push(i);
        }
      });
      await Promise.all(work);
      expect(highest).toBeLessThanOrEqual(most);
      expect(begun).toEqual([...begun].sort((a, b) => a - b));
      expect([...begun, ...aborted].sort((a, b) => a - b)).toEqual(all.map((_, i) => i));
      // All turns are free again.
      const free = await Promise.all(Array.from({ length: most }, () => turns.next(new AbortController().signal)));
      expect(free).toHaveLength(most);
    }),
    { numRuns: 25 },
  );
});

it('are refused to who comes aborted', async () => {
  const turns = new Turns(1);
  await turns.next(new AbortController().signal);
  const reason = new Error('enough');
  await expect(turns.next(AbortSignal.abort(reason))).rejects.toBe(reason);
});
