/**
 * Runs whose threads are late, at random, each compared with an undelayed one: the long form of test/parallel/late.test.ts.
 *
 *   node dist/test/stress/late.js [seconds, default 300] [first seed, default 1]
 */
import { type LateJob, lateJobs } from '../support/late-jobs.js';

const [seconds = 300, firstSeed = 1] = process.argv.slice(2).map(Number);
const jobs = await lateJobs();
const deadline = performance.now() + 1000 * seconds;
let runs = 0;
let wrong = 0;
try {
  for (let seed = firstSeed; performance.now() < deadline; seed++) {
    const pick = <T>(...choices: readonly T[]) => choices[Math.floor(seed * 0.618_034 * 1009) % choices.length]!;
    const job: LateJob = {
      threads: (seed % 3) + 1,
      strategy: seed % 2 === 0 ? 'sliced' : 'dense',
      checkpoints: seed % 5 < 2,
      size: pick('tiny', 'brief', 'small', 'larger', 'regularized'),
      who: seed % 7 < 4 ? 'main' : seed % 7 < 6 ? 'workers' : 'all',
      seed,
    };
    runs++;
    const difference = await jobs.difference(job).catch(String);
    if (difference === undefined) continue;
    wrong++;
    console.error(`${JSON.stringify(job)}: ${difference}`);
  }
} finally {
  jobs.remove();
}
console.log(`Node ${process.versions.node}: ${runs} delayed runs, ${wrong} wrong`);
process.exitCode = wrong > 0 ? 1 : 0;
