/** All of the fuzzing: three tenths data, four tenths checkpoints, three tenths options, and runs. */
import type { fuzzIdx } from './fuzz-idx.js';
import type { fuzzOptions } from './fuzz-options.js';
import type { fuzzRuns, Source } from './fuzz-runs.js';
import type { fuzzTensors } from './fuzz-tensors.js';
import type { Tally } from './judge.js';
import type { TinyRun } from './tiny-run.js';
import { watched } from './watched.js';

const module = (name: string) => new URL(`./${name}.js`, import.meta.url).href;

/**
 * @param all   whose checkpoints are damaged; the first is of images, which are damaged too
 * @param runs  odd checkpoints that are resumed
 */
export async function fuzz(all: readonly TinyRun[], cases: number, runs: number, seed: number): Promise<Tally[]> {
  const sources: Source[] = all.map(({ data, files }) => ({ data, files: [...files.values()] }));
  const files = sources.flatMap((source) => source.files);
  const [{ data }] = all as [TinyRun];
  const [first, second] = [Math.floor(cases * 0.3), Math.floor(cases * 0.7)];
  return [
    ...(await watched<ReturnType<typeof fuzzIdx>>(module('fuzz-idx'), 'fuzzIdx', { data, seed, from: 0, to: first })),
    ...(await watched<ReturnType<typeof fuzzTensors>>(module('fuzz-tensors'), 'fuzzTensors', {
      ...{ files, seed, from: first, to: second },
    })),
    ...(await watched<ReturnType<typeof fuzzOptions>>(module('fuzz-options'), 'fuzzOptions', {
      ...{ seed, from: second, to: cases },
    })),
    ...(await watched<ReturnType<typeof fuzzRuns>>(module('fuzz-runs'), 'fuzzRuns', { sources, seed, runs })),
  ];
}
