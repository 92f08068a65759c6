/**
 * What does --audit cost a run? Two runs of the reference job, one with an audit, take turns: while one trains an epoch, the other is
 * suspended. What slows a machine for seconds slows both.
 *
 *   node dist/bench/audit-cost.js [--threads 2] [--epochs 40]
 *
 * × is the time of an epoch with an audit as a multiple of the one without: the median of the pairs, and its 95% interval. Every other
 * pair is in the opposite order. The first epoch of each run does not count. (Not on Windows, which cannot suspend a process.)
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeFrom } from './support/options.js';
import { median, medianInterval, spread } from './support/statistics.js';

const TRAIN = fileURLToPath(new URL('../bundle/train.js', import.meta.url));

const { threads, epochs } = new Command('audit-cost')
  .description('What does --audit cost a run?')
  .option('--threads <n>', 'as of train', wholeFrom(1), 2)
  .option('--epochs <n>', 'epochs of each run', wholeFrom(2), 40)
  .parse()
  .opts<{ readonly threads: number; readonly epochs: number }>();

/** A run that trains only while somebody waits for its next epoch. */
class Run {
  readonly #child;
  readonly #lines;

  constructor(options: readonly string[]) {
    const args = ['--threads', String(threads), '--epochs', String(epochs), '--format', 'ndjson', ...options];
    this.#child = spawn(process.execPath, [TRAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** @returns seconds until the run has trained and evaluated another epoch, or has ended */
  async until(name: 'epoch' | 'end'): Promise<number> {
    this.#child.kill('SIGCONT');
    const began = performance.now();
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error('the run ended early');
      const { event } = JSON.parse(value) as { readonly event: string };
      if (event === name) break;
    }
    const seconds = (performance.now() - began) / 1000;
    if (name === 'epoch') this.#child.kill('SIGSTOP');
    return seconds;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
const without = new Run([]);
const audited = new Run(['--audit', path.join(folder, 'audit.ndjson')]);
try {
  // The first epochs also start threads and compile.
  for (const run of [without, audited]) await run.until('epoch');
  const times: { readonly without: number; readonly audited: number }[] = [];
  for (let epoch = 2; epoch <= epochs; epoch++) {
    if (epoch % 2 === 0) times.push({ without: await without.until('epoch'), audited: await audited.until('epoch') });
    else {
      const first = await audited.until('epoch');
      times.push({ audited: first, without: await without.until('epoch') });
    }
  }
  const ratios = times.map((each) => each.audited / each.without);
  const { min, max } = spread(ratios);
  const { low, high } = medianInterval(ratios);
  const [plain, other] = [times.map((each) => each.without), times.map((each) => each.audited)];
  console.log(`${threads} threads, ${ratios.length} pairs of epochs`);
  console.log(`without an audit: ${median(plain).toFixed(4)} s, with: ${median(other).toFixed(4)} s (medians)`);
  console.log(`× ${median(ratios).toFixed(4)} (95% interval: ${low.toFixed(4)} to ${high.toFixed(4)})`);
  console.log(`pairs from ${min.toFixed(4)} to ${max.toFixed(4)}`);
  const ends = [await without.until('end'), await audited.until('end')] as const;
  console.log(`at the end of the run, to rank the samples and write the file: ${(ends[1] - ends[0]).toFixed(2)} s`);
} finally {
  without.kill();
  audited.kill();
  rmSync(folder, { recursive: true });
}
