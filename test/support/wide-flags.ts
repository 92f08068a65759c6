/**
 * What the flags of the process are before and after the wide form is compiled, as JSON on stderr; on stdout, the engine's trace of
 * a phase: which pairs of vectors it makes into one while the wide form is compiled, or another program's module before or after.
 *
 *   node dist/test/support/wide-flags.js before|wide|after [--natives-meanwhile]
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { chooseKernel } from '../../src/kernels/builds.js';
import { isWideFaster } from '../../src/kernels/forms.js';

const TRACE = '--trace-wasm-revectorize';

let texts = 0;

function isAccepted(text: string): boolean {
  try {
    new Function('compiled', text);
    return true;
  } catch {
    return false;
  }
}

/** (Text that was not compiled before: V8 caches it.) */
function acceptsNatives(): boolean {
  return isAccepted(`%GetOptimizationStatus(compiled) /* ${texts++} */`);
}

const keepsNatives = acceptsNatives();
if (!keepsNatives) setFlagsFromString('--allow-natives-syntax');
const tierUp = new Function('compiled', '%WasmTierUpFunction(compiled) // another') as (compiled: unknown) => void;
if (!keepsNatives && !process.argv.includes('--natives-meanwhile')) setFlagsFromString('--no-allow-natives-syntax');

/** Another program's module, which happens to have the same functions, compiled by the optimizing compiler. */
function compileAnother(section: string): void {
  const wasm = readFileSync(new URL('../../src/kernels/assembly/simd-wide.wasm', import.meta.url));
  const custom = Buffer.concat([Uint8Array.of(0, section.length + 1, section.length), Buffer.from(section)]);
  const module = new WebAssembly.Module(Buffer.concat([wasm, custom]));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  tierUp(new WebAssembly.Instance(module, { env: { memory } }).exports.forward16);
}

const said = { nativesBefore: acceptsNatives(), isWide: false, nativesAfter: false };
traced('before', () => compileAnother('before'));
traced('wide', () => {
  said.isWide = isWideFaster(chooseKernel('simd'), '256', 'relu');
});
traced('after', () => compileAnother('after'));
said.nativesAfter = acceptsNatives();
process.stderr.write(JSON.stringify(said));

function traced(phase: string, act: () => void): void {
  const isTraced = process.argv.includes(phase);
  if (isTraced) setFlagsFromString(TRACE);
  act();
  if (isTraced) setFlagsFromString(TRACE.replace('--', '--no-'));
}
