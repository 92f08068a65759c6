/** Claims of panels: each panel to one worker, whoever asks how often. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTROL_STRIDE } from '../../src/memory/layout.js';
import { Claims } from '../../src/parallel/panel-claims.js';

/** Neighboring parts of these sizes, empty ones too, and each worker's claims on them. */
function teamOf(sizes: readonly number[]): Claims[] {
  const taken = new Int32Array(new SharedArrayBuffer(4 * CONTROL_STRIDE * sizes.length));
  let from = 0;
  const parts = sizes.map((size) => {
    from += size;
    return { from: from - size, to: from };
  });
  return sizes.map((_, worker) => new Claims(taken, parts, worker));
}

const sizes = fc.array(fc.nat(5), { minLength: 1, maxLength: 6 });

describe('claims', () => {
  it('hand out every panel once, in any order of asking, round after round', () => {
    fc.assert(
      fc.property(sizes, fc.infiniteStream(fc.nat(5)), (parts, order) => {
        const workers = teamOf(parts);
        const panels = parts.reduce((sum, size) => sum + size, 0);
        for (let round = 0; round < 2; round++) {
          workers[0]!.reset();
          for (const worker of workers) worker.begin();
          const handedOut: number[] = [];
          const asking = new Set(workers);
          while (asking.size > 0) {
            const worker = [...asking][order.next().value! % asking.size]!;
            const panel = worker.next();
            if (panel === undefined) asking.delete(worker);
            else handedOut.push(panel);
          }
          expect(handedOut.sort((a, b) => a - b)).toEqual(Array.from({ length: panels }, (_, panel) => panel));
        }
      }),
    );
  });

  it('begin with the worker’s own part, and go on with what is left of the others’', () => {
    const [first, second] = teamOf([2, 3]) as [Claims, Claims];
    for (const worker of [first, second]) worker.begin();
    expect(second.next()).toBe(2);
    expect([first.next(), first.next(), first.next()]).toEqual([0, 1, 3]);
    expect([second.next(), second.next(), first.next()]).toEqual([4, undefined, undefined]);
  });
});
