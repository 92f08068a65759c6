/**
 * Small files that would become very much: run as a process of its own, with a folder, and `make`, it makes them; with `try`, and
 * a small heap, it prints what becomes of each, a line of JSON each.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { deflateSync, gzipSync } from 'node:zlib';
import { modelTable } from '../../bin/commands/print-model.js';
import { readCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import { readIdx } from '../../src/data/idx.js';
import { readTable } from '../../src/data/table/read-table.js';
import { errors, LockstepError } from '../../src/errors.js';
import { encodeTensors } from '../../src/files/safetensors.js';
import { ndjsonLine } from '../../src/output/ndjson.js';
import { inspectModel } from '../../src/tools/inspect/inspect-model.js';
import { loadModel } from '../../src/tools/network.js';
import { RunReader } from '../../src/tools/plot/run.js';
import { samplesOf } from '../../src/tools/predict/file-samples.js';
import { samplesOfJsonFile } from '../../src/tools/predict/line-samples.js';
import { idxHeader } from './idx-files.js';
import { tensorFile } from './plain-model.js';
import { chunk, png } from './png-file.js';

export interface Fate {
  readonly name: string;
  /** Of the refusal; undefined where it was taken. */
  readonly message?: string;
  /** No refusal of ours. */
  readonly crash?: string;
  /** What the process has grown by, beyond what it ever had. */
  readonly megabytes: number;
}

const MEGABYTE = 2 ** 20;
const [, , folder = '', mode] = process.argv;
const isMaking = mode === 'make';
const pathOf = (name: string) => path.join(folder, name);

/** @param content  made only where it is written */
function file(name: string, content: () => Uint8Array | string): string {
  if (isMaking) writeFileSync(pathOf(name), content());
  return pathOf(name);
}
const zeros = (megabytes: number) => Buffer.alloc(megabytes * MEGABYTE);
let deflated: Uint8Array | undefined;
/** 256 MB of them. */
function deflatedZeros(): Uint8Array {
  deflated ??= deflateSync(zeros(256), { level: 1 });
  return deflated;
}
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

async function drain(samples: AsyncIterable<unknown>): Promise<void> {
  for await (const sample of samples) {
    const { sample: given } = sample as { readonly sample?: { readonly error?: unknown } };
    if (given?.error !== undefined) throw given.error;
  }
}

/** A picture of 2 x 1 white pixels, with something more in it. */
const picture = (more: Uint8Array, pixels: Uint8Array = Buffer.from([0, 255, 255])) =>
  png([2, 1, 8, 0, 0, 0, 0], pixels, [more]);
const named = (text: string, ...rest: (number | Uint8Array)[]) =>
  Buffer.concat([
    Buffer.from(`${text}\0`),
    ...rest.map((each) => (typeof each === 'number' ? Buffer.from([each]) : each)),
  ]);
const fit = { shape: { width: 2, height: 1 } };

/** A safetensors file of that header, and nothing else. */
function headed(json: string): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, Buffer.from(json)]);
}

function model(metadata: Record<string, string>): Buffer {
  const tensors = [
    { name: 'layers.0.weight', shape: [2, 2], values: new Float32Array(4) },
    { name: 'layers.0.bias', shape: [2], values: new Float32Array(2) },
  ];
  return Buffer.concat(encodeTensors(metadata, tensors));
}

async function inspectBoth(name: string): Promise<void> {
  const event = await inspectModel(name);
  ndjsonLine(event);
  modelTable(event);
}

/** Each says how its bomb is made, and gives what it is thrown at. */
const BOMBS: Readonly<Record<string, () => () => Promise<unknown>>> = {
  'a PNG with a color profile of 256 MB': () => {
    const name = file('a.png', () => picture(chunk('iCCP', named('x', 0, deflatedZeros()))));
    return () => drain(samplesOf(name, fit));
  },
  'a PNG with a text of 256 MB': () => {
    const name = file('b.png', () => picture(chunk('zTXt', named('x', 0, deflatedZeros()))));
    return () => drain(samplesOf(name, fit));
  },
  'a PNG with an international text of 256 MB': () => {
    const name = file('c.png', () => picture(chunk('iTXt', named('x', 1, 0, 0, 0, deflatedZeros()))));
    return () => drain(samplesOf(name, fit));
  },
  'a PNG with 256 MB of pixels, of which it needs three': () => {
    const name = file('d.png', () => png([2, 1, 8, 0, 0, 0, 0], deflatedZeros(), [], false));
    return () => drain(samplesOf(name, fit));
  },
  'a PNG with pixels behind its pixels': () => {
    const pixels = () => Buffer.concat([deflateSync(Buffer.from([0, 255, 255])), deflatedZeros()]);
    const name = file('e.png', () => png([2, 1, 8, 0, 0, 0, 0], pixels(), [], false));
    return () => drain(samplesOf(name, fit));
  },
  'a PNG with a second, larger header': () => {
    const second = Buffer.alloc(13);
    second.writeUInt32BE(60_000, 0);
    second.writeUInt32BE(60_000, 4);
    second.set([8, 0, 0, 0, 0], 8);
    const name = file('f.png', () => picture(chunk('IHDR', second)));
    return () => drain(samplesOf(name, fit));
  },
  'a PGM that promises 10^16 pixels': () => {
    const name = file('a.pgm', () => 'P5 99999999 99999999 255\n\0');
    return () => drain(samplesOf(name, fit));
  },
  'a PGM with a number of a million digits': () => {
    const name = file('b.pgm', () => `P2 ${'9'.repeat(1e6)} 1 255\n0`);
    return () => drain(samplesOf(name, fit));
  },
  'gzipped images, 128 MB of zeros as promised': () => {
    const name = file('a.gz', () => gzipSync(Buffer.concat([idxHeader([128, 1024, 1024]), zeros(128)])));
    return () => readIdx(name);
  },
  'gzipped images that promise a terabyte': () => {
    const name = file('b.gz', () => gzipSync(Buffer.concat([idxHeader([2 ** 20, 1024, 1024]), zeros(1)])));
    return () => readIdx(name);
  },
  'a gzipped table of 128 rows, each a long text': () => {
    const row = `{"a":1,"b":"${'x'.repeat(MEGABYTE)}"}\n`;
    const name = file('table.gz', () => gzipSync(Buffer.alloc(128 * row.length, row)));
    return () => readTable(name, { label: 'b' });
  },
  'a safetensors header of six million arrays': () => {
    const name = file('a', () => headed(`{"x":[${'[],'.repeat(6e6)}[]]}`));
    return () => loadModel(name);
  },
  'the same, resumed from': () => () => readCheckpoint(pathOf('a')),
  'the same, inspected': () => () => inspectModel(pathOf('a')),
  'a safetensors header of ten million brackets': () => {
    const name = file('b', () => headed(`{"x":${deep(5e6)}}`));
    return () => loadModel(name);
  },
  'a safetensors header of two million keys': () => {
    const keys = () => Array.from({ length: 2e6 }, (_, i) => `"${i}":0`);
    const name = file('c', () => headed(`{${keys().join(',')}}`));
    return () => loadModel(name);
  },
  'a model that says a hundred and fifty thousand things': () => {
    const things = () => Object.fromEntries(Array.from({ length: 1.5e5 }, (_, i) => [`x${i}`, '']));
    const name = file('d', () => model(things()));
    return () => inspectBoth(name);
  },
  'a model whose configuration is nested': () => {
    const name = file('e', () => model({ config: deep(1e6), dataset: deep(1e6), state: deep(1e6) }));
    return () => inspectBoth(name);
  },
  'a table of a nested row': () => {
    const name = file('a.ndjson', () => `${deep(1e6)}\n`);
    return () => readTable(name, { label: '2' });
  },
  'lines to predict that are nested': () => {
    const name = file('b.ndjson', () => `${deep(1e5)}\n`);
    const network = file('f', () => tensorFile([[1, 2]], [0, 0]));
    return async () => drain(samplesOfJsonFile(name, await loadModel(network), false));
  },
  'a document to predict of 17 million numbers': () => {
    const name = file('c.json', () => `[${'0,'.repeat(1.7e7)}0]`);
    return async () => drain(samplesOfJsonFile(name, await loadModel(pathOf('f')), false));
  },
  'lines to plot that are nested': () => async () => {
    const problem = new RunReader('x').add(deep(1e6));
    if (problem !== undefined) throw errors.unreadable('x', problem);
  },
};

for (const [name, make] of Object.entries(BOMBS)) {
  const act = make();
  if (isMaking) continue;
  const before = process.resourceUsage().maxRSS;
  let outcome: Pick<Fate, 'message' | 'crash'> = {};
  try {
    await act();
  } catch (error) {
    outcome = error instanceof LockstepError ? { message: error.message } : { crash: String(error) };
  }
  const megabytes = Math.round((process.resourceUsage().maxRSS - before) / 1024);
  process.stdout.write(`${JSON.stringify({ name, ...outcome, megabytes } satisfies Fate)}\n`);
}
