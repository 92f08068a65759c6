/** All of the fuzzing: three tenths data, four tenths checkpoints, three tenths options, and runs. */
import type { fuzzIdx } from './fuzz-idx.js';
import type { fuzzOptions } from './fuzz-options.js';
import type { fuzzRuns } from './fuzz-runs.js';
import type { fuzzTensors } from './fuzz-tensors.js';
import type { Tally } from './judge.js';
import type { TinyRun } from './tiny-run.js';
import { watched } from './watched.js';

const module = (name: string) => new URL(`./${name}.js`, import.meta.url).href;

/** @param runs  odd checkpoints that are resumed */
export async function fuzz(run: TinyRun, cases: number, runs: number, seed: number): Promise<Tally[]> {
  const files = [...run.files.values()];
  const { data } = run;
  const [first, second] = [Math.floor(cases * 0.3), Math.floor(cases * 0.7)];
  return [
    ...(await watched<ReturnType<typeof fuzzIdx>>(module('fuzz-idx'), 'fuzzIdx', { data, seed, from: 0, to: first })),
    ...(await watched<ReturnType<typeof fuzzTensors>>(module('fuzz-tensors'), 'fuzzTensors', {
      ...{ files, seed, from: first, to: second },
    })),
    ...(await watched<ReturnType<typeof fuzzOptions>>(module('fuzz-options'), 'fuzzOptions', {
      ...{ seed, from: second, to: cases },
    })),
    ...(await watched<ReturnType<typeof fuzzRuns>>(module('fuzz-runs'), 'fuzzRuns', { files, data, seed, runs })),
  ];
}
