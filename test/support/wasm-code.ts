/** The functions of a WebAssembly module, instruction by instruction: as far as Lockstep's modules need it. */

export interface Instruction {
  /** The opcode; with a prefix, 0x100 · prefix + number (numbers of SIMD may exceed 255, so 0x1000 · 0xfd + number). */
  readonly opcode: number;
  /** Where it begins in the module, in bytes. */
  readonly at: number;
  /** Where its immediates begin, and where it ends. */
  readonly immediate: number;
  readonly end: number;
}

export interface WasmCode {
  readonly name: string;
  /** Types of its parameters and local variables. */
  readonly locals: readonly number[];
  readonly instructions: readonly Instruction[];
}

/** Prefixed opcodes. */
export const simd = (number: number) => 0xfd000 + number;
const bulk = (number: number) => 0xfc000 + number;

const SECTION = { types: 1, imports: 2, functions: 3, exports: 7, code: 10 } as const;
const FUNCTION = 0;

/** The exported functions. */
export function codeOf(bytes: Uint8Array): WasmCode[] {
  const sections = sectionsOf(bytes);
  const reader = (id: number) => new Reader(bytes, sections.get(id) ?? bytes.length);

  const types = reader(SECTION.types);
  const parameters = types.list(() => {
    types.byte();
    const own = types.list(() => types.byte());
    types.list(() => types.byte());
    return own;
  });
  const functions = reader(SECTION.functions);
  const typeOf = functions.list(() => functions.number());
  const exported = reader(SECTION.exports);
  const names = new Map<number, string>();
  exported.list(() => {
    const name = Buffer.from(exported.list(() => exported.byte())).toString();
    const kind = exported.byte();
    const index = exported.number();
    if (kind === FUNCTION) names.set(index, name);
  });

  // (The only import is the memory, so functions are numbered from 0.)
  const code = reader(SECTION.code);
  let index = 0;
  const all = code.list(() => {
    const size = code.number();
    const end = code.at + size;
    const locals = [...parameters[typeOf[index]!]!];
    code.list(() => {
      const count = code.number();
      locals.push(...new Array<number>(count).fill(code.byte()));
    });
    const instructions: Instruction[] = [];
    while (code.at < end) instructions.push(instructionAt(code));
    const name = names.get(index++);
    return { name, locals, instructions };
  });
  return all.flatMap(({ name, ...rest }) => (name === undefined ? [] : [{ name, ...rest }]));
}

function sectionsOf(bytes: Uint8Array): Map<number, number> {
  const sections = new Map<number, number>();
  const reader = new Reader(bytes, 8);
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const size = reader.number();
    sections.set(id, reader.at);
    reader.at += size;
  }
  return sections;
}

function instructionAt(code: Reader): Instruction {
  const { at } = code;
  const byte = code.byte();
  let opcode = byte;
  if (byte === 0xfd) opcode = simd(code.number());
  else if (byte === 0xfc) opcode = bulk(code.number());
  const immediate = code.at;
  skipImmediates(opcode, code);
  return { opcode, at, immediate, end: code.at };
}

function skipImmediates(opcode: number, code: Reader): void {
  const isBetween = (from: number, to: number) => opcode >= from && opcode <= to;
  const isMemory = isBetween(0x28, 0x3e) || isBetween(simd(0), simd(11)) || isBetween(simd(92), simd(93));
  if (isMemory) for (const _ of ['alignment', 'offset']) code.number();
  else if (isBetween(simd(12), simd(13))) code.at += 16;
  else if (isBetween(simd(21), simd(34))) code.at += 1;
  // Blocks, branches, calls, variables, sizes of the memory, whole numbers; filling memory.
  else if (isBetween(0x02, 0x04) || isBetween(0x0c, 0x0d) || opcode === 0x10) code.number();
  else if (isBetween(0x20, 0x24) || isBetween(0x3f, 0x42) || opcode === bulk(11)) code.number();
  else if (opcode === 0x43) code.at += 4;
  else if (opcode === 0x44) code.at += 8;
  else if ([0x0e, 0x11, 0x1c, 0xfe].includes(opcode) || isBetween(bulk(8), bulk(20))) {
    throw new Error(`an instruction ${opcode.toString(16)} at ${code.at}, which no module had so far`);
  }
}

class Reader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.#bytes[this.at++]!;
  }

  /** LEB128, of which the low 32 bits are kept. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }

  list<T>(each: () => T): T[] {
    return Array.from({ length: this.number() }, each);
  }
}
