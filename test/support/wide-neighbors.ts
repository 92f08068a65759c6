/**
 * Another module's functions in a thread that compiles them again and again, while the main thread compiles the wide form: prints
 * one line of JSON, how many times each has done so, and the different results of the other module.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { chooseKernel } from '../../src/kernels/builds.js';
import { isWideFaster } from '../../src/kernels/forms.js';
import { functionNamed, Scratch } from '../../src/kernels/scratch.js';
import { instantiate } from '../../src/kernels/wasm-module.js';

const SIZE = { inputs: 40, samples: 20, density: 0.5, firstSlot: 0, vectors: 8 };
const NAMES = ['forward8', 'stepSparse8', 'denseForward4_2', 'adamUpdate', 'rectifyRows'];
/** So many calls that the engine compiles a function again. */
const CALLS = 2000;
const ROUNDS = 12;

let copies = 0;

/** The hash of what the functions leave, of a module that the engine has not seen. */
function resultOfAnother(): string {
  const bytes = readFileSync(new URL('../../src/kernels/assembly/simd.wasm', import.meta.url));
  const section = Buffer.from(`copy ${isMainThread} ${copies++}`);
  const custom = Buffer.concat([Uint8Array.of(0, section.length + 1, section.length), section]);
  const module = new WebAssembly.Module(Buffer.concat([bytes, custom]));
  const scratch = new Scratch(SIZE, 4096);
  const wasm = instantiate(module, scratch.memory);
  for (const name of NAMES) {
    const [args] = scratch.callsOf(name);
    for (let call = 0; call < CALLS; call++) functionNamed(wasm, name)(...args!);
  }
  return createHash('sha256').update(new Uint8Array(scratch.memory.buffer)).digest('hex');
}

if (isMainThread) {
  const results = new Set([resultOfAnother()]);
  const worker = new Worker(new URL(import.meta.url));
  let rounds = 0;
  let isWide = true;
  worker.on('message', (hash: string) => {
    if (rounds === ROUNDS) return;
    results.add(hash);
    isWide &&= isWideFaster(chooseKernel('simd'), '256', 'relu');
    results.add(resultOfAnother());
    if (++rounds < ROUNDS) return;
    console.log(JSON.stringify({ rounds, isWide, results: results.size }));
    void worker.terminate();
  });
} else {
  setInterval(() => parentPort!.postMessage(resultOfAnother()), 1);
}
