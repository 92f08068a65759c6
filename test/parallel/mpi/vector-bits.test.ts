/** Gradients are added up where they lie, so all ranks run the same form of the kernel, which each of them has checked. */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../../src/config/options.js';
import { MAY_BE_WIDE } from '../../../src/kernels/ahead-of-time.js';
import type { TrainEvent } from '../../../src/metrics/events.js';
import { ifSkipped, noOpenMpi, runRanks } from '../../support/mpi.js';
import { root } from '../../support/paths.js';
import { scratchWith } from '../../support/scratch.js';

const [RUNS, WRONG] = ['mpi-runs', 'wrong-wide'].map((name) => path.join(root, `dist/test/support/${name}.js`));
const noWide = MAY_BE_WIDE ? undefined : `Node ${process.versions.node} has no 256-bit vectors here`;
const why = noOpenMpi ?? noWide;
const scratch = scratchWith(60, 20);

describe.skipIf(why !== undefined)(`the form of two ranks${ifSkipped(why)}`, () => {
  async function run(wrong: string | undefined) {
    const folder = scratch.newPath('ranks');
    mkdirSync(folder);
    const job: TrainOptions = { data: scratch.data, hidden: [104, 40], epochs: 2, threads: 1, vectorBits: '256' };
    const args = [RUNS!, folder, JSON.stringify([job])];
    const second = wrong === undefined ? args : ['--import', WRONG!, ...args];
    const parts = [args, second].map((each) => ({ ranks: 1, args: each }));
    const { status, stderr } = await runRanks(parts, wrong === undefined ? {} : { WRONG_WIDE: wrong });
    expect([status, stderr]).toEqual([0, '']);
    return [0, 1].map((rank) => {
      const [events] = JSON.parse(readFileSync(path.join(folder, `rank-${rank}.json`), 'utf8')) as [TrainEvent[]];
      const start = events.find(({ event }) => event === 'start') as Extract<TrainEvent, { event: 'start' }>;
      const end = events.find(({ event }) => event === 'end') as Extract<TrainEvent, { event: 'end' }>;
      return { bits: start.vector_bits, hash: end.weights_sha256, status: end.status };
    });
  }

  it('is narrow if one of them cannot be wide, whatever the wrong function; the weights are the same', async () => {
    const [wide, other] = await run(undefined);
    expect([wide!.bits, other!.bits]).toEqual([256, 256]);
    expect(other!.hash).toBe(wide!.hash);
    // Of a layer of typical size, and one that only this network needs.
    for (const name of ['forward16', 'stepSparse14', 'fewBackward4']) {
      const outcomes = await run(name);
      expect(outcomes).toEqual([0, 1].map(() => ({ bits: 128, hash: wide!.hash, status: 'completed' })));
    }
  });
});
