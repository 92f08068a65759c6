/** Runs whose threads are late, each beside one that is not. */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Strategy } from '../../src/optim/optimizer.js';
import { temporaryFolder, writeDataset } from './idx-files.js';
import { root } from './paths.js';
import { runTrain } from './run-command.js';

export interface LateJob {
  readonly threads: number;
  readonly strategy: Strategy;
  readonly checkpoints: boolean;
  readonly size: keyof typeof SIZES;
  readonly who: 'main' | 'workers' | 'all';
  readonly seed: number;
}

export interface LateJobs {
  /** How the run's weights, or its epochs' figures, differ from an undelayed one's: undefined if they do not. */
  difference(job: LateJob): Promise<string | undefined>;
  remove(): void;
}

const SIZES = {
  // One step an epoch: the main thread is asked for something as often as can be.
  tiny: ['--batch-size', '5', '--limit', '5', '--hidden', '3', '--epochs', '150'],
  brief: ['--batch-size', '5', '--limit', '5', '--hidden', '3', '--epochs', '40'],
  // Epochs that take about as long as the main thread's part of them.
  small: ['--batch-size', '5', '--limit', '100', '--hidden', '10', '--epochs', '150'],
  larger: ['--batch-size', '20', '--hidden', '40', '--epochs', '12', '--log-every', '3'],
  // Phases and barriers that few runs have: inputs made a batch ahead, norms, limits, and an average that is exchanged for the weights.
  regularized: [
    ...['--batch-size', '20', '--hidden', '40,9', '--epochs', '8', '--log-every', '3', '--dropout', '0.5'],
    ...['--input-dropout', '0.2', '--input-noise', '0.1', '--max-norm', '1', '--ema', '0.9', '--clip-norm', '2'],
    ...['--validation-split', '0.2', '--keep-best', '--patience', '6', '--test-at', 'end'],
  ],
} as const;

export async function lateJobs(): Promise<LateJobs> {
  const data = temporaryFolder();
  const part = (count: number) => ({
    labels: Array.from({ length: count }, (_, s) => s % 3),
    pixel: (p: number) => (p * 37) % 251,
  });
  writeDataset(data, { train: part(203), test: part(6) });
  const calm = new Map<string, Promise<readonly string[]>>();

  /** @param late  how, and who must have been */
  const run = async (
    job: Omit<LateJob, 'who' | 'seed'>,
    late?: { readonly how: string; readonly who: readonly string[] },
  ): Promise<readonly string[]> => {
    const folder = temporaryFolder();
    try {
      const log = path.join(folder.path, 'late');
      const checkpoints = ['--checkpoint-dir', path.join(folder.path, 'run'), '--checkpoint-every', '3'];
      const args = [
        ...['--data', data.path, '--threads', `${job.threads}`, '--strategy', job.strategy, '--format', 'ndjson'],
        ...SIZES[job.size],
        ...(job.checkpoints ? [...checkpoints, '--checkpoint-every-steps', '2', '--keep', '2'] : []),
      ];
      const imports = late === undefined ? [] : ['--import', path.join(root, 'dist/test/support/late-atomics.js')];
      const ended = await runTrain(args, late ? { LATE: late.how, LATE_LOG: log } : {}, imports);
      if (ended.status !== 0) throw new Error(`status ${ended.status}: ${ended.stderr}`);
      const wereLate = late ? readFileSync(log, 'utf8') : '';
      const missing = late?.who.find((each) => !wereLate.includes(each));
      if (missing !== undefined) throw new Error(`the run ended before its ${missing} had been late`);
      return figuresOf(ended.stdout);
    } finally {
      rmSync(folder.path, { recursive: true, force: true });
    }
  };

  return {
    async difference({ who, seed, ...job }) {
      const key = JSON.stringify(job);
      const expected = await (calm.get(key) ?? calm.set(key, run(job)).get(key)!);
      const late = who === 'all' ? { how: `${seed}`, who: ['main', 'workers'] } : { how: `${seed}:${who}`, who: [who] };
      const found = await run(job, late);
      if (found.length !== expected.length) return `${found.length} steps, epochs and ends, not ${expected.length}`;
      const different = found.findIndex((line, i) => line !== expected[i]);
      return different < 0 ? undefined : `${found[different]}, not ${expected[different]}`;
    },
    remove: () => data.remove(),
  };
}

/** Of each epoch and of the end, what the schedule of threads may not change. */
function figuresOf(stdout: string): string[] {
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return events
    .filter(({ event }) => event === 'epoch' || event === 'end' || event === 'step')
    .map(
      ({ seconds: _, samples_per_second: __, wait_fraction: ___, phase_fractions: ____, checkpoint: _____, ...rest }) =>
        JSON.stringify(rest),
    );
}
