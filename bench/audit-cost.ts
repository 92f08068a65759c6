/**
 * What does --audit cost a run? Two runs of the reference job in one process, one with an audit, that train an epoch each in turns: what
 * slows a machine for seconds slows both.
 *
 *   node dist/bench/audit-cost.js [--threads 2] [--epochs 40]
 *
 * × is the time of an epoch with an audit as a multiple of the one without: the median of the pairs, and its 95% interval. Every other
 * pair is in the opposite order. The first epoch of each run does not count.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { train } from '../src/run/train.js';
import { wholeFrom } from './support/options.js';
import { median, medianInterval, spread } from './support/statistics.js';

const { threads, epochs } = new Command('audit-cost')
  .description('What does --audit cost a run?')
  .option('--threads <n>', 'as of train', wholeFrom(1), 2)
  .option('--epochs <n>', 'epochs of each run', wholeFrom(2), 40)
  .parse()
  .opts<{ readonly threads: number; readonly epochs: number }>();

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
try {
  const runs = [false, path.join(folder, 'audit.ndjson')].map((audit) =>
    train({ epochs, threads, audit })[Symbol.asyncIterator](),
  );
  const [without, with_] = [runs[0]!, runs[1]!];
  // The first epochs also start threads and compile.
  await toNextEpoch(without);
  await toNextEpoch(with_);
  const times: { readonly without: number; readonly with: number }[] = [];
  for (let epoch = 2; epoch <= epochs; epoch++) {
    if (epoch % 2 === 0) times.push({ without: await toNextEpoch(without), with: await toNextEpoch(with_) });
    else {
      const first = await toNextEpoch(with_);
      times.push({ with: first, without: await toNextEpoch(without) });
    }
  }
  const ratios = times.map((each) => each.with / each.without);
  const { min, max } = spread(ratios);
  const { low, high } = medianInterval(ratios);
  console.log(
    [
      `${threads} threads, ${ratios.length} pairs of epochs`,
      `without: median ${median(times.map((each) => each.without)).toFixed(4)} s, with: ${median(times.map((each) => each.with)).toFixed(4)} s`,
      `median × ${median(ratios).toFixed(4)} (95% interval: ${low.toFixed(4)} to ${high.toFixed(4)}; pairs from ${min.toFixed(4)} to ${max.toFixed(4)})`,
    ].join('\n'),
  );
  const [plain, audited] = [await toEnd(without), await toEnd(with_)];
  console.log(`at the end of the run, to rank the samples and write the file: ${(audited - plain).toFixed(2)} s`);
} finally {
  rmSync(folder, { recursive: true });
}

type Run = AsyncIterator<{ readonly event: string }>;

/** @returns seconds until the run has trained and evaluated another epoch */
async function toNextEpoch(run: Run): Promise<number> {
  const began = performance.now();
  for (;;) {
    const { value, done } = await run.next();
    if (done) throw new Error('the run ended early');
    if (value.event === 'epoch') return (performance.now() - began) / 1000;
  }
}

/** From the last epoch's event to the end, in seconds. */
async function toEnd(run: Run): Promise<number> {
  const began = performance.now();
  while (!(await run.next()).done);
  return (performance.now() - began) / 1000;
}
