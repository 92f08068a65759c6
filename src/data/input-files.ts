/** Which files are read for `--data`: nothing else may write over them. */
import { FILES, findFile, findSource, NAMED_SETS } from './sources.js';
import { isTable, STDIN } from './table/bytes.js';

/** Those that are there, by name; stdin by its descriptor. Whether they can be used is for those to say who read them. */
export function inputFilesOf(data: string): (string | number)[] {
  if (data === STDIN) return [0];
  if (!NAMED_SETS.includes(data) && isTable(data)) return [data];
  try {
    const source = findSource(data);
    return Object.values(FILES).flatMap((name) => findFile(source, name) ?? []);
  } catch {
    return [];
  }
}
