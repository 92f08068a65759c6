/** Mutated IDX files, plain and gzipped, alone and as data sets. Run by `watched`. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Dataset } from '../../src/data/dataset.js';
import { type IdxArray, readIdx } from '../../src/data/idx.js';
import { FILES } from '../../src/data/idx-folder.js';
import { loadDataset } from '../../src/data/sources.js';
import { Random } from '../../src/model/random.js';
import type { FuzzTask } from './fuzz-tensors.js';
import { idxHeader, temporaryFolder } from './idx-files.js';
import { Tally, verdictOf } from './judge.js';
import { mutateBytes, once, pick, randomBytes } from './mutate.js';
import type { Mark } from './watched.js';

export async function fuzzIdx({ data, seed, from, to }: FuzzTask & { data: string }, mark: Mark): Promise<Tally[]> {
  const folder = temporaryFolder();
  const names = Object.values(FILES);
  const originals = new Map(names.map((name) => [name, readFileSync(path.join(data, name))]));
  for (const [name, bytes] of originals) folder.write(name, bytes);
  const tallies = ['IDX', 'IDX, gzipped', 'IDX data set'].map((kind) => new Tally(kind));
  for (let index = from; index < to; index++) {
    const random = new Random(seed, index);
    const kind = pick([0, 0, 1, 2], random);
    const tally = tallies[kind]!;
    mark(`${tally.kind} ${index}`);
    const name = pick(names, random);
    const bytes = mutated(originals.get(name)!, [...originals.values()], random);
    const began = performance.now();
    let verdict: { message?: string; violation?: string };
    if (kind === 2) {
      folder.write(name, bytes);
      const { value, ...rest } = await verdictOf(() => loadDataset(folder.path), folder.path);
      verdict = { ...rest, ...(value && !isSound(value) && { violation: 'taken, and does not fit together' }) };
      folder.write(name, originals.get(name)!);
    } else {
      const file = folder.write(kind === 1 ? 'alone.gz' : 'alone', kind === 1 ? packed(bytes, random) : bytes);
      const { value, ...rest } = await verdictOf(() => readIdx(file), file);
      verdict = { ...rest, ...(value && !isWhole(value) && { violation: 'taken, and not what its header says' }) };
    }
    tally.cases++;
    if (verdict.message !== undefined) tally.refused++;
    if (verdict.violation !== undefined) tally.violations.push(`case ${index}: ${verdict.violation}`);
    tally.seconds += (performance.now() - began) / 1000;
  }
  folder.remove();
  return tallies;
}

function mutated(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  if (once(20, random)) return randomBytes(random);
  if (once(3, random)) {
    // A header of its own making, and as much data as it may or may not promise.
    const sizes = [0, 1, 2, 3, 4, 23, 92, 255, 256, 65_536, 2 ** 31, 2 ** 32 - 1];
    const dimensions = Array.from({ length: random.below(once(10, random) ? 256 : 5) }, () => pick(sizes, random));
    return Buffer.concat([idxHeader(dimensions), bytes.subarray(random.below(24))]);
  }
  return mutateBytes(bytes, others, random);
}

/** Damaged before it is compressed, or after. */
function packed(bytes: Uint8Array, random: Random): Uint8Array {
  const zipped = gzipSync(bytes);
  return once(2, random) ? zipped : mutateBytes(zipped, [zipped, bytes], random);
}

function isWhole({ dimensions, data }: IdxArray): boolean {
  return dimensions.reduce((product, size) => product * size, 1) === data.length;
}

function isSound({ inputs, classes, train, test }: Dataset): boolean {
  return [train, test].every(
    ({ count, values, targets }) =>
      values.length === count * inputs && targets.length === count && targets.every((label) => label < classes),
  );
}
