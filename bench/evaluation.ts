/**
 * How long do the metrics of an evaluation take, with the default number of resamples, and for how long do they block the event
 * loop? Scores are random: no order of theirs helps the processor.
 *
 *   node dist/bench/evaluation.js [--json]
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Command } from 'commander';
import { ClassScores } from '../src/metrics/quality/class-scores.js';
import { measureClasses } from '../src/metrics/quality/classification.js';
import { Random } from '../src/model/random.js';
import { type Column, heading, row } from './support/table.js';

const SIZES = [
  { samples: 150, classes: 3 },
  { samples: 10_000, classes: 10 },
  { samples: 100_000, classes: 2 },
  { samples: 1_000_000, classes: 2 },
  { samples: 50_000, classes: 100 },
] as const;

const COLUMNS: Column[] = [
  { title: 'samples', width: 10 },
  { title: 'classes', width: 8 },
  { title: 'resamples', width: 10 },
  { title: 'seconds', width: 8 },
  { title: 'of which metrics', width: 17 },
  { title: 'longest block', width: 14 },
];

const { json } = new Command('evaluation')
  .description('How long do the metrics of an evaluation take?')
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<{ readonly json: boolean }>();

if (!json) process.stdout.write(`${heading(COLUMNS)}\n`);
for (const { samples, classes } of SIZES) {
  const scores = randomScores(samples, classes);
  const names = [...new Array(classes).keys()];
  const begin = performance.now();
  await measureClasses(scores, names, { resamples: 0 });
  const metricsSeconds = (performance.now() - begin) / 1000;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const middle = performance.now();
  const { metrics } = await measureClasses(scores, names);
  const seconds = (performance.now() - middle) / 1000;
  delay.disable();
  const { resamples } = metrics.bootstrap;
  const block_ms = delay.max / 1e6;
  process.stdout.write(
    json
      ? `${JSON.stringify({ samples, classes, resamples, seconds, metrics_seconds: metricsSeconds, block_ms })}\n`
      : `${row(COLUMNS, [samples, classes, resamples, seconds.toFixed(2), metricsSeconds.toFixed(2), `${block_ms.toFixed(0)} ms`].map(String))}\n`,
  );
}

function randomScores(samples: number, classes: number): ClassScores {
  const random = new Random(1, samples);
  const scores = new ClassScores(samples, classes);
  const row = new Float64Array(classes);
  for (let s = 0; s < samples; s++) {
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += row[c] = random.fraction() + 2 ** -25;
    for (let c = 0; c < classes; c++) row[c]! /= sum;
    scores.add(row, random.below(classes));
  }
  return scores;
}
