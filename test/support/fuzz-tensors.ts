/** Mutated checkpoints: their bytes, and what their headers say, with a checksum that is right again. Run by `watched`. */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  headerOfCheckpoint,
} from '../../src/checkpoints/checkpoint-file.js';
import { errors } from '../../src/errors.js';
import { decodeTensors, TensorFileError } from '../../src/files/safetensors.js';
import { Random } from '../../src/model/random.js';
import { temporaryFolder } from './idx-files.js';
import { Tally, verdictOf } from './judge.js';
import { jsonOf, mutateBytes, mutateValue, once, pick, placesIn, randomBytes, type Tree } from './mutate.js';
import { partsOf, sealedFile } from './sealed-file.js';
import type { Mark } from './watched.js';

export interface FuzzTask {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

const NAME = 'x.safetensors';
/** What the metadata hold as JSON within JSON. */
const NESTED = [
  ...['architecture', 'config', 'dataset', 'state'],
  // Of tables.
  ...['ensemble', 'targets', 'input_scaling', 'class_names', 'columns', 'label', 'weight', 'encoding'],
];

export async function fuzzTensors(
  { files, seed, from, to }: FuzzTask & { files: Uint8Array[] },
  mark: Mark,
): Promise<Tally[]> {
  const folder = temporaryFolder();
  const kinds = ['bytes', 'header, sealed again', 'header as JSON, sealed', 'state and options, sealed', 'no checksum'];
  const tallies = kinds.map((kind) => new Tally(`checkpoint: ${kind}`));
  for (let index = from; index < to; index++) {
    const random = new Random(seed, index);
    const kind = pick([0, 1, 2, 2, 2, 3, 3, 3, 4], random);
    const bytes = mutated(kind, files, random);
    const tally = tallies[kind]!;
    mark(`${tally.kind} ${index}`);
    const began = performance.now();
    const { value, message, violation } = await verdictOf(() => decode(kind, bytes), kind === 4 ? '' : NAME);
    tally.cases++;
    if (message !== undefined) tally.refused++;
    const unnoticed = kind === 0 && value && !files.some((file) => Buffer.compare(file, bytes) === 0);
    if (unnoticed) tally.violations.push(`case ${index}: taken, though its bytes were changed`);
    const wrong = violation ?? (value && brokenPromiseOf(value)) ?? (await brokenListing(index, folder.path, bytes));
    if (wrong !== undefined) tally.violations.push(`case ${index}: ${wrong}`);
    tally.seconds += (performance.now() - began) / 1000;
  }
  folder.remove();
  return tallies;
}

function mutated(kind: number, files: readonly Uint8Array[], random: Random): Uint8Array {
  const file = pick(files, random);
  if (kind === 0) return once(20, random) ? randomBytes(random) : mutateBytes(file, files, random);
  const { json, body } = partsOf(file);
  if (kind === 1) {
    const text = Buffer.from(json);
    return sealedFile(Buffer.from(mutateBytes(text, files, random)).toString('latin1'), body);
  }
  if (kind === 4)
    return sealedFile(mutatedHeader(json, random).replace('"sha256"', '"sha"'), mutatedBody(body, random));
  return kind === 3 ? oddRun(file, random) : sealedFile(mutatedHeader(json, random), mutatedBody(body, random));
}

/** In most cases as it is: what is wrong with it would hide what is wrong with the header. */
function mutatedBody(body: Uint8Array, random: Random): Uint8Array {
  if (!once(10, random)) return body;
  return mutateBytes(body, [body], random);
}

/** A header in which one or two values differ. */
export function mutatedHeader(json: string, random: Random): string {
  const header = JSON.parse(json) as Tree;
  const metadata = header.__metadata__ as Tree;
  parseNested(metadata);
  for (let changes = 1 + random.below(2); changes > 0; changes--) {
    const { parent, key } = pick(placesIn(header), random);
    const what = random.below(8);
    if (what === 0) delete parent[key];
    else if (what === 1)
      parent[pick(['__proto__x', 'constructor', 'toString', `${key}2`], random)] = structuredClone(parent[key]);
    else parent[key] = mutateValue(parent[key], random);
  }
  return packed(header, random);
}

function parseNested(metadata: Tree): void {
  for (const name of NESTED) if (name in metadata) metadata[name] = JSON.parse(metadata[name] as string);
}

function packed(header: Tree, random: Random): string {
  const metadata = header.__metadata__;
  if (typeof metadata === 'object' && metadata !== null) {
    for (const name of NESTED) {
      const value = (metadata as Tree)[name];
      if (typeof value === 'object' && value !== null) (metadata as Tree)[name] = jsonOf(value, random);
    }
  }
  return jsonOf(header, random).replaceAll('"__proto__x"', '"__proto__"');
}

/** A checkpoint whose state or options say other numbers, well-formed all of it. */
export function oddRun(file: Uint8Array, random: Random): Uint8Array {
  const { json, body } = partsOf(file);
  const header = JSON.parse(json) as { __metadata__: Tree };
  const metadata = header.__metadata__;
  parseNested(metadata);
  const { state, config, dataset, encoding, targets, input_scaling: scaling } = metadata;
  const places = [state, config, dataset, encoding, targets, scaling].flatMap(placesIn);
  const numbers = places.filter(({ parent, key }) => typeof parent[key] === 'number');
  for (let changes = 1 + random.below(2); changes > 0; changes--) {
    const { parent, key } = pick(numbers, random);
    parent[key] = mutateValue(parent[key], random);
  }
  const { epochs, step } = metadata.state as Tree;
  return sealedFile(
    packed(
      { ...header, __metadata__: { ...metadata, epochs: JSON.stringify(epochs), step: JSON.stringify(step) } },
      random,
    ),
    body,
  );
}

function decode(kind: number, bytes: Uint8Array): Checkpoint | undefined {
  if (kind !== 4) return decodeCheckpoint(NAME, bytes);
  try {
    decodeTensors(bytes);
    return undefined;
  } catch (error) {
    // It becomes the message of a LockstepError.
    throw error instanceof TensorFileError ? errors.notAModel('it', error.message) : error;
  }
}

/** What is taken can be written again, and is the same then. */
function brokenPromiseOf(checkpoint: Checkpoint): string | undefined {
  const { state, values, moments, best, audit, ...model } = checkpoint;
  if (!values.every(Number.isFinite)) return 'taken with weights that are not finite';
  const again = decodeCheckpoint(NAME, Buffer.concat(encodeCheckpoint(model, state, values, moments, best, audit)));
  // (Through JSON: a sum of -0 comes back as 0, which is the same.)
  const plain = (all: Checkpoint) => JSON.stringify({ ...all, values: [] });
  const isSame = plain(again) === plain(checkpoint) && isDeepStrictEqual(again.values, values);
  return isSame ? undefined : `not the same when it is written again: ${JSON.stringify(state)}`;
}

/** Listing a folder reads the header alone. A file for every case would take long. */
async function brokenListing(index: number, folder: string, bytes: Uint8Array): Promise<string | undefined> {
  if (index % 16 !== 0) return undefined;
  const file = `${folder}/epoch-000001.safetensors`;
  writeFileSync(file, bytes);
  const { step } = await headerOfCheckpoint(file);
  return step === undefined || (Number.isSafeInteger(step) && step >= 0) ? undefined : `listed with step ${step}`;
}
