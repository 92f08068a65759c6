/**
 * The other side of `training.ts`: one run of `train` in a process of its own, so that no run inherits another's heap,
 * threads or compiled code. Takes the options as JSON; writes events as NDJSON, then one line of its own.
 */
import type { TrainOptions } from '../../src/config/options.js';
import { train } from '../../src/run/train.js';

const options = JSON.parse(process.argv[2]!) as TrainOptions;
for await (const event of train(options)) {
  console.log(JSON.stringify(event));
  // The first event comes when the data are in place and the threads about to begin.
  if (event.event === 'start') writeLine('loaded');
}
writeLine('done');

/** Seconds since the process began, and the most memory that it has held so far. */
function writeLine(usage: 'loaded' | 'done'): void {
  const max_resident_bytes = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ event: 'usage', usage, seconds: performance.now() / 1000, max_resident_bytes }));
}
