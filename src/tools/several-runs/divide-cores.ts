/** How many runs train at the same time, and with how many threads. */
import { availableParallelism } from 'node:os';
import type { CheckedOptions, Config } from '../../config/options.js';

/** One thread for each run as long as there are enough runs: the threads of a run would wait for each other. */
export function divideCores(
  { strategy }: Config,
  { threads }: CheckedOptions,
  runs: number,
  wanted: number | undefined,
  cores = availableParallelism(),
) {
  // With strategy `dense` the weights depend on the number of threads, so a run has as many as `train` would use.
  const own = threads ?? (strategy === 'dense' ? cores : 1);
  const atOnce = Math.min(runs, wanted ?? Math.max(1, Math.floor(cores / own)));
  return { atOnce, cores: Math.max(1, Math.floor(cores / atOnce)) };
}
