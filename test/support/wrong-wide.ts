/**
 * The engine compiles a function of the wide form wrong: loaded with `node --import dist/test/support/wrong-wide.js …`.
 * WRONG_WIDE=<function>[:number] names the function, and which of the ways in wrong-code.ts (default: the first).
 */
import { mistakesIn, withMistake } from './wrong-code.js';

/** Only the wide form has it. */
const WIDE_ONLY = 'forward16';
/** A custom section of the copy that is compiled as usual. */
const USUAL = Buffer.from('usual');

const [name, way = '0'] = (process.env.WRONG_WIDE ?? '').split(':');

WebAssembly.Module = new Proxy(WebAssembly.Module, {
  construct(target, [source]: [Uint8Array]) {
    const bytes = Buffer.from(source);
    const isWide = bytes.includes(WIDE_ONLY) && !bytes.subarray(-USUAL.length).equals(USUAL);
    const mistake = isWide ? mistakesIn(bytes).filter((each) => each.function === name)[Number(way)] : undefined;
    if (isWide && !mistake) throw new Error(`WRONG_WIDE=${name}: no such function`);
    return Reflect.construct(target, [mistake ? withMistake(bytes, mistake) : source]) as WebAssembly.Module;
  },
});
