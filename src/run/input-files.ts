/** The files that a run reads its samples from. */
import type { Config } from '../config/options.js';
import type { InMemory } from '../data/in-memory.js';
import { inputFilesOf } from '../data/sources.js';

/** No output may replace one of these. @param memory  the data whose option is `memory` */
export function inputFilesOfRun(config: Config, memory: InMemory): (string | number)[] {
  return (['data', 'testData', 'publicData'] as const).flatMap((name) => {
    const source = memory[name] ?? config[name];
    return source === undefined ? [] : inputFilesOf(source);
  });
}
