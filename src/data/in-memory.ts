import type { MemoryImages } from './memory-images.js';
import type { MemoryTable } from './table/memory.js';

/** What a program has in memory, instead of files. */
export interface InMemory {
  readonly data?: MemoryTable | MemoryImages | undefined;
  readonly testData?: MemoryTable | undefined;
  readonly publicData?: MemoryTable | undefined;
}
