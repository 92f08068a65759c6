/** Modules in which one instruction is another: what a compiler with a mistake might make of a function. */
import { functionNamed, Scratch, type ScratchSize } from '../../src/kernels/scratch.js';
import { instantiate } from '../../src/kernels/wasm-module.js';
import { codeOf, type Instruction, simd, type WasmCode } from './wasm-code.js';

export interface Mistake {
  readonly function: string;
  readonly what: string;
  /** Replaces this byte of the module. */
  readonly at: number;
  readonly by: number;
}

/** More than the modules' own data. */
const RESERVED_BYTES = 4096;

const V128 = 0x7b;
const [LOCAL_GET, I32_CONST] = [0x20, 0x41];
const [I32_ADD, I32_MUL, I32_SHL] = [0x6a, 0x6c, 0x74];
const RELAXED_MADD = simd(0x105);

/** Other operations with opcodes of the same length. */
const SWAPPED: Readonly<Record<number, readonly [what: string, by: number]>> = {
  [simd(0xe4)]: ['f32x4.add is f32x4.sub', 0xe5],
  [simd(0xe6)]: ['f32x4.mul is f32x4.add', 0xe4],
  [simd(0xe7)]: ['f32x4.div is f32x4.mul', 0xe6],
  [simd(0xf0)]: ['f64x2.add is f64x2.sub', 0xf1],
  [simd(0xf2)]: ['f64x2.mul is f64x2.add', 0xf0],
  [RELAXED_MADD]: ['relaxed_madd is relaxed_nmadd', 0x86],
  [simd(0x43)]: ['f32x4.lt is f32x4.gt', 0x44],
  [simd(0x44)]: ['f32x4.gt is f32x4.lt', 0x43],
  [simd(0x45)]: ['f32x4.le is f32x4.gt', 0x44],
  [simd(0x46)]: ['f32x4.ge is f32x4.lt', 0x43],
  [simd(0x4e)]: ['v128.and is v128.andnot', 0x4f],
  [simd(0x4f)]: ['v128.andnot is v128.and', 0x4e],
};

export function mistakesIn(bytes: Uint8Array): Mistake[] {
  // (Only code with vectors is compiled in another way. In the others a wrong number may make a loop endless.)
  const hasVectors = ({ instructions }: WasmCode) => instructions.some(({ opcode }) => opcode >= simd(0));
  const withVectors = codeOf(bytes).filter(hasVectors);
  return withVectors.flatMap((code) =>
    code.instructions.flatMap((instruction, i) =>
      mistakesAt(bytes, code, instruction, code.instructions[i + 1]).map((mistake) => ({
        function: code.name,
        ...mistake,
      })),
    ),
  );
}

function mistakesAt(bytes: Uint8Array, { locals }: WasmCode, here: Instruction, next: Instruction | undefined) {
  const { opcode, at, immediate, end } = here;
  const mistakes: Omit<Mistake, 'function'>[] = [];
  const swapped = SWAPPED[opcode];
  if (swapped) mistakes.push({ what: swapped[0], at: at + 1, by: swapped[1] });
  // Vectors that are read from, or written to, the neighboring vector.
  const isVectorAccess = opcode === simd(0) || opcode === simd(9) || opcode === simd(11);
  if (isVectorAccess) {
    const offset = end - lengthOfLast(bytes, immediate, end);
    mistakes.push({ what: 'the neighboring vector', at: offset, by: bytes[offset]! ^ 16 });
  }
  if (opcode === I32_CONST) {
    const by = next && [I32_MUL, I32_SHL].includes(next.opcode) ? bytes[immediate]! ^ 1 : bytes[immediate]! ^ 2;
    // (An increment of 0 would never end.)
    const isUsed = next && [I32_MUL, I32_SHL, I32_ADD].includes(next.opcode) && by !== 0;
    if (isUsed) mistakes.push({ what: 'another i32.const', at: immediate, by });
  }
  const other = bytes[immediate]! ^ 1;
  if (opcode === LOCAL_GET && next?.opcode === RELAXED_MADD && end - immediate === 1) {
    if (locals[other] === V128 && locals[bytes[immediate]!] === V128)
      mistakes.push({ what: 'another sum in relaxed_madd', at: immediate, by: other });
  }
  return mistakes;
}

/** Bytes of the last of the numbers in [from, to). */
function lengthOfLast(bytes: Uint8Array, from: number, to: number): number {
  let length = 1;
  while (to - length > from && bytes[to - length - 1]! >= 128) length++;
  return length;
}

export function withMistake(bytes: Uint8Array, { at, by }: Mistake): Uint8Array<ArrayBuffer> {
  const changed = Uint8Array.from(bytes);
  changed[at] = by;
  return changed;
}

/** Whether the function then reaches beyond a memory with data of that size. */
export function isBeyondMemory(bytes: Uint8Array, mistake: Mistake, size: ScratchSize): boolean {
  const scratch = new Scratch(size, RESERVED_BYTES);
  const run = functionNamed(
    instantiate(new WebAssembly.Module(withMistake(bytes, mistake)), scratch.memory),
    mistake.function,
  );
  try {
    for (const args of scratch.callsOf(mistake.function)) run(...args);
    return false;
  } catch {
    return true;
  }
}
