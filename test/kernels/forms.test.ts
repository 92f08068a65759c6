/** The wide form in a run: which form runs, that nothing else in the process notices, and the way back to the narrow form. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { MAY_BE_WIDE } from '../../src/kernels/ahead-of-time.js';
import type { TrainEvent } from '../../src/metrics/events.js';
import { collect } from '../support/events.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { root } from '../support/paths.js';
import { finishOf, runTrain, spawnQuiet } from '../support/run-command.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';
import { isBeyondMemory, mistakesIn } from '../support/wrong-code.js';

const WRONG = path.join(root, 'dist/test/support/wrong-wide.js');
const whyNot = MAY_BE_WIDE ? '' : ` (skipped: Node ${process.versions.node} has no 256-bit vectors here)`;

let data: Folder;
let expected: string;
beforeAll(async () => {
  data = await mnistPart(300, 50);
  const { start, end } = await collect({ ...job(), vectorBits: '128' });
  expect(start.vector_bits).toBe(128);
  expected = end.weights_sha256!;
});
afterAll(() => data.remove());

/** Its first layer has panels of 48 and 56 columns, its second is reached through a mirror of four panels. */
function job(): TrainOptions {
  return { data: data.path, hidden: [104, 40], kernel: 'simd', epochs: 2, threads: 2 };
}

interface Outcome {
  readonly bits: number | undefined;
  readonly hash: string | undefined;
  readonly stderr: string;
}

/** The same job as a command. */
async function command(
  environment: Record<string, string>,
  nodeArgs: readonly string[],
  bits: string,
): Promise<Outcome> {
  const { data: folder, hidden, kernel, epochs, threads } = job();
  const args = ['--data', `${folder}`, '--hidden', `${hidden}`, '--kernel', `${kernel}`, '--epochs', `${epochs}`];
  const also = ['--threads', `${threads}`, '--vector-bits', bits, '--format', 'ndjson'];
  const { status, stdout, stderr } = await runTrain([...args, ...also], environment, nodeArgs);
  expect([status, stderr]).toEqual([0, expect.not.stringMatching(/error/i)]);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TrainEvent);
  const start = events.find((event) => event.event === 'start');
  const end = events.find((event) => event.event === 'end');
  return { bits: start?.vector_bits, hash: end?.weights_sha256, stderr };
}

it.each(['auto', '128', '256'] as const)('--vector-bits %s: the same weights, and no warning', async (vectorBits) => {
  const { start, end, all } = await collect({ ...job(), vectorBits });
  expect(end.weights_sha256).toBe(expected);
  expect(all.filter(({ event }) => event === 'warning')).toEqual([]);
  if (vectorBits === 'auto') expect([128, 256]).toContain(start.vector_bits);
  else expect(start.vector_bits).toBe(vectorBits === '256' && MAY_BE_WIDE ? 256 : 128);
});

describe.skipIf(!MAY_BE_WIDE)(`a function that is compiled wrong${whyNot}`, () => {
  // Of the first layer, of the second, of each direction.
  const all = [
    'forward14',
    'stepSparse12',
    'stepSparse14',
    'mirrorBackward6_3',
    'fewBackward4',
    'mirrorRows',
    'transpose',
  ];
  const needed = all.slice(0, -1);
  it.each(casesOf(needed, (name) => name !== 'stepSparse12'))(
    '%s: the narrow form runs, with the same weights',
    async (name) => {
      const { bits, hash } = await command({ WRONG_WIDE: name }, ['--import', WRONG], '256');
      expect([bits, hash]).toEqual([128, expected]);
    },
  );

  it('so wrong that the trial of both forms reaches beyond the memory: the narrow form runs', async () => {
    const bytes = readFileSync(path.join(root, 'dist/src/kernels/assembly/simd-wide.wasm'));
    const size = { inputs: 400, samples: 24, density: 0.2, firstSlot: 0, vectors: 14 };
    const ways = mistakesIn(bytes).filter((mistake) => mistake.function === 'forward14');
    const way = ways.findIndex((mistake) => isBeyondMemory(bytes, mistake, size));
    expect(way).toBeGreaterThan(0);
    const { bits, hash } = await command({ WRONG_WIDE: `forward14:${way}` }, ['--import', WRONG], 'auto');
    expect([bits, hash]).toEqual([128, expected]);
  });

  it('and that the run does not need: the wide form runs, with the same weights', async () => {
    const { bits, hash } = await command({ WRONG_WIDE: 'keepDenseBlocks8_2' }, ['--import', WRONG], '256');
    expect([bits, hash]).toEqual([256, expected]);
  });
});

describe(`flags that the user has set${whyNot}`, () => {
  it.each([
    '--disallow-code-generation-from-strings',
    ...(MAY_BE_WIDE ? ['--experimental-wasm-revectorize', '--no-experimental-wasm-revectorize'] : []),
    ...valuesOf(['--allow-natives-syntax'], []),
  ])('%s: the narrow form runs, with the same weights', async (flag) => {
    const { bits, hash } = await command({}, [flag], '256');
    expect([bits, hash]).toEqual([128, expected]);
  });

  const flags = ['--liftoff-only', '--no-liftoff', '--no-wasm-lazy-compilation', '--no-wasm-tier-up'];
  it.each(casesOf(flags, (_, i) => i < 2))('%s: the same weights', async (flag) => {
    const { hash } = await command({}, [flag], '256');
    expect(hash).toBe(expected);
  });
});

describe.skipIf(!MAY_BE_WIDE)(`what else is compiled in the process${whyNot}`, () => {
  /** What test/support/wide-flags.ts says, and in which of its phases the engine makes 256-bit vectors. */
  async function flags(nodeArgs: readonly string[] = [], args: readonly string[] = []) {
    const program = path.join(root, 'dist/test/support/wide-flags.js');
    const wideIn: string[] = [];
    let said: unknown;
    for (const phase of ['before', 'wide', 'after']) {
      const child = spawnQuiet(process.execPath, [...nodeArgs, program, phase, ...args]);
      const { status, stdout, stderr } = await finishOf(child);
      expect(status).toBe(0);
      if (stdout.includes('Begin revec')) wideIn.push(phase);
      said = JSON.parse(stderr);
    }
    return { said, wideIn };
  }

  it('is compiled as before: 256-bit vectors are made for the wide form alone, and % is refused again', async () => {
    expect(await flags()).toEqual({
      said: { nativesBefore: false, isWide: true, nativesAfter: false },
      wideIn: ['wide'],
    });
  });

  it('a flag that the program sets while it runs stays set', async () => {
    expect(await flags([], ['--natives-meanwhile'])).toEqual({
      said: { nativesBefore: true, isWide: true, nativesAfter: true },
      wideIn: ['wide'],
    });
  });

  it('flags of the command line stay set', async () => {
    expect(await flags(['--experimental-wasm-revectorize', '--allow-natives-syntax'])).toEqual({
      said: { nativesBefore: true, isWide: false, nativesAfter: true },
      wideIn: ['before', 'after'],
    });
  });

  it('has the same results before, meanwhile, in another thread, and after', async () => {
    const program = path.join(root, 'dist/test/support/wide-neighbors.js');
    const { status, stdout, stderr } = await finishOf(spawnQuiet(process.execPath, [program]));
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({ rounds: 12, isWide: true, results: 1 });
  });
});

describe('several runs in a process', () => {
  it('at the same time: the same weights', async () => {
    const bits = ['256', 'auto', '128', '256'] as const;
    const runs = await Promise.all(bits.map((vectorBits) => collect({ ...job(), vectorBits })));
    expect(runs.map(({ end }) => end.weights_sha256)).toEqual(bits.map(() => expected));
    expect(runs.map(({ start }) => start.vector_bits).at(2)).toBe(128);
    if (MAY_BE_WIDE) expect(runs[0]!.start.vector_bits).toBe(256);
  });

  it('in threads of the program, at the same time: the same weights', async () => {
    const library = path.join(root, 'dist/src/index.js');
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      void (async () => {
        const { train } = await import(workerData.library);
        for await (const event of train(workerData.options)) {
          if (event.event === 'end') parentPort.postMessage(event.weights_sha256);
        }
      })();`;
    const hashes = await Promise.all(
      [1, 2].map(
        () =>
          new Promise((resolve, reject) => {
            const options = { ...job(), vectorBits: '256' };
            const worker = new Worker(source, { eval: true, workerData: { library, options } });
            worker.on('message', resolve);
            worker.on('error', reject);
          }),
      ),
    );
    expect(hashes).toEqual([expected, expected]);
  });
});
