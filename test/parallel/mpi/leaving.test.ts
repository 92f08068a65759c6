/** A run ends on all ranks, however one of them leaves it; MPI_Abort ends them only where nothing else could. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../../src/config/options.js';
import { collect } from '../../support/events.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { type Folder, mnistPart } from '../../support/mnist-part.js';
import { ifSkipped, noOpenMpi, runRanks } from '../../support/mpi.js';
import type { Leaving, Left } from '../../support/mpi-leave.js';
import { modularTrainCommand, root, trainCommand } from '../../support/paths.js';
import { casesOf, inFull, TRIES_ALL } from '../../support/thoroughness.js';

const LEAVE = path.join(root, 'dist/test/support/mpi-leave.js');
const BREAK = path.join(root, 'dist/test/support/broken-rank.js');

let data: Folder;
let scratch: Folder;
beforeAll(async () => {
  data = await mnistPart(40, 10);
  scratch = temporaryFolder();
});
afterAll(() => {
  data.remove();
  scratch.remove();
});

describe.skipIf(noOpenMpi || !TRIES_ALL)(`two ranks, of which one leaves${ifSkipped(noOpenMpi)}${inFull}`, () => {
  let ranks: readonly { readonly left: readonly Left[]; readonly refusals: readonly string[] }[];
  let status: number | null;
  let stderr: string;

  const ENDLESS = { epochs: 1_000_000, warmupSteps: 10_000_000, logEvery: 1 };
  const both = (leaving: Omit<Leaving, 'rank'>): Leaving[] => [0, 1].map((rank) => ({ ...leaving, rank }));
  /** By name; the first and the last are run to their ends. */
  let leavings: Readonly<Record<string, readonly Leaving[]>>;

  beforeAll(async () => {
    const common: TrainOptions = { data: data.path, hidden: [5], batchSize: 10, threads: 2, lr: 1e-6 };
    const endless = { ...common, ...ENDLESS };
    const folder = path.join(scratch.path, 'complete');
    const complete = { ...common, epochs: 2, checkpointDir: folder };
    const resumed = { resume: true, checkpointDir: folder };
    // Only rank 0 writes any.
    const checkpoints = { checkpointDir: path.join(scratch.path, 'endless'), checkpointEvery: 1, resume: true };
    leavings = {
      nowhere: [{ options: complete }],
      start: both({ options: endless, at: 'start' }),
      'start, by an error': both({ options: endless, at: 'start', how: 'throw' }),
      'start, where there is only an evaluation': both({ options: { ...common, epochs: 0 }, at: 'start' }),
      warning: both({ options: endless, at: 'warning' }),
      step: both({ options: endless, at: 'step' }),
      'step, by an error': both({ options: endless, at: 'step', how: 'throw' }),
      epoch: both({ options: endless, at: 'epoch' }),
      checkpoint: [{ options: { ...endless, ...checkpoints }, at: 'checkpoint', rank: 0 }],
      end: both({ options: { ...common, epochs: 1 }, at: 'end' }),
      'start, of a complete run that is resumed': both({ options: resumed, at: 'start' }),
      'nowhere: data that are not there': [{ options: { ...common, data: path.join(scratch.path, 'none') } }],
      'nowhere: a complete run that is resumed': [{ options: resumed }],
      'nowhere, and the process ends at the last event': [{ options: { ...common, epochs: 1 } }],
    };
    const all = Object.values(leavings).flat();
    ({ status, stderr } = await runRanks([{ ranks: 2, args: [LEAVE, scratch.path, JSON.stringify(all)] }]));
    if (status !== 0) return;
    ranks = [0, 1].map((rank) => JSON.parse(readFileSync(path.join(scratch.path, `left-${rank}.json`), 'utf8')));
  });

  /** How the runs of that name ended: for the rank that left, or rank 0, and for the other. */
  function outcomesOf(name: string): (readonly [Left, Left])[] {
    const before = Object.entries(leavings).slice(0, Object.keys(leavings).indexOf(name));
    const first = before.reduce((sum, [, each]) => sum + each.length, 0);
    return leavings[name]!.map(({ rank = 0 }, i) => [ranks[rank]!.left[first + i]!, ranks[1 - rank]!.left[first + i]!]);
  }

  it('end without MPI_Abort, run after run', () => {
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  const all = ['start', 'start, by an error', 'warning', 'step', 'step, by an error', 'epoch', 'checkpoint'];
  it.each(casesOf(all, (name) => name === 'start, by an error' || name === 'step' || name === 'checkpoint'))(
    'at %s: the other is interrupted',
    (name) => {
      for (const [leaver, other] of outcomesOf(name)) {
        expect(leaver.events.at(-1)).toBe(name.split(',')[0]);
        expect(leaver.error).toBe(name.endsWith('error') ? 'the consumer has had enough' : undefined);
        expect(other).toMatchObject({ status: 'interrupted' });
        expect(other).not.toHaveProperty('error');
      }
    },
  );

  it('at start, where there is only an evaluation: the other is interrupted', () => {
    for (const [leaver, other] of outcomesOf('start, where there is only an evaluation')) {
      expect(leaver).toEqual({ events: ['start'] });
      expect(other).toEqual({ events: ['start', 'end'], status: 'interrupted' });
    }
  });

  it('at end, or at the start of a complete run that is resumed: the other completes', () => {
    for (const name of ['end', 'start, of a complete run that is resumed']) {
      for (const [leaver, other] of outcomesOf(name)) {
        expect(leaver.events.at(-1)).toBe(name.split(',')[0]);
        expect(other).toMatchObject({ status: 'completed' });
      }
    }
  });

  it('nowhere: both complete, also a complete run that is resumed', () => {
    for (const each of outcomesOf('nowhere')[0]!) expect(each).toMatchObject({ status: 'completed' });
    for (const each of outcomesOf('nowhere: a complete run that is resumed')[0]!) {
      expect(each).toEqual({ events: ['start', 'end'], status: 'completed' });
    }
  });

  it('data that are not there are an error on both, and the next run begins', () => {
    for (const each of outcomesOf('nowhere: data that are not there')[0]!) {
      expect(each).toEqual({ events: [], error: expect.stringContaining('no such file or folder') });
    }
  });

  it('a second run at once is refused, and one in another thread; the first goes on', () => {
    for (const { refusals } of ranks) {
      expect(refusals).toEqual([
        expect.stringMatching(/^mpi: another run with mpi is active in this process/),
        expect.stringMatching(/^mpi: Open MPI .* was initialized in this process by other code/),
      ]);
    }
  });
});

describe.skipIf(noOpenMpi)(`the command${ifSkipped(noOpenMpi)}`, () => {
  const job = () => ['--mpi', '--data', data.path, '--hidden', '5', '--batch-size', '10', '--threads', '1'];

  it('--resume of a complete run: status 0', async () => {
    const folder = path.join(scratch.path, 'resumed');
    const options = { data: data.path, hidden: [5], batchSize: 10, threads: 1, epochs: 1, checkpointDir: folder };
    const { end } = await collect(options);
    const args = [trainCommand, '--mpi', '--checkpoint-dir', folder, '--resume', '--format', 'ndjson'];
    const { status, stdout, stderr } = await runRanks([{ ranks: 2, args }]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as unknown;
    expect(last).toMatchObject({ event: 'end', status: 'completed', weights_sha256: end.weights_sha256 });
  });

  const places = [
    ['prepare', 'it has not understood'],
    ['start', 'no thread to be had'],
    ['drift', 'the weights of rank 0 differ from those of rank 1'],
  ] as const;
  it.each(casesOf(places, ([where]) => where === 'start'))(
    'a rank that fails alone (%s) says so, and all end',
    async (where, what) => {
      const args = [modularTrainCommand, ...job(), '--epochs', '1000000'];
      const { status, stderr } = await runRanks(
        [
          { ranks: 1, args },
          { ranks: 1, args: ['--import', BREAK, ...args] },
        ],
        { BREAK: where },
      );
      expect(status).toBe(1);
      const said = stderr.split('\n').filter((line) => line.startsWith('train: '));
      expect(said).toContainEqual(expect.stringMatching(new RegExp(`^train: rank 1 \\(.*\\): .*${what}`)));
    },
  );
});
