/** A small run with many checkpoints, and what is done to a disk for each of them. */

/** 300 samples make ten steps an epoch. */
const EPOCHS = 3;
const STEPS_PER_EPOCH = 10;
export const JOB = ['--hidden', '10', '--batch-size', '30', '--epochs', String(EPOCHS), '--threads', '2'];
export const SAMPLES = 300;
/** A checkpoint after each step; after an epoch's last it is the epoch's. */
export const OFTEN = ['--checkpoint-every-steps', '1'];
/** How many are kept. */
export const KEEP = 2;

/** In the order that they are written. */
export const NAMES: readonly string[] = Array.from({ length: EPOCHS * STEPS_PER_EPOCH }, (_, i) => {
  const step = i + 1;
  return step % STEPS_PER_EPOCH === 0
    ? `epoch-${String(step / STEPS_PER_EPOCH).padStart(6, '0')}.safetensors`
    : `step-${String(step).padStart(7, '0')}.safetensors`;
});

/** What a file's writing does, as disk-fault.ts names it; the writes are the header and, of two layers, weights and biases. */
export const WRITING = [
  'open',
  ...['write', 'write', 'write', 'write', 'write'],
  ...['sync', 'close', 'rename', 'open folder', 'sync folder', 'close folder'],
] as const;
/** Of a checkpoint, where there are already as many as are kept. */
export const CHECKPOINTING = [...WRITING, 'unlink'] as const;

export type OperationName = (typeof CHECKPOINTING)[number];

/** Each kind of operation once, with its place in the list: of the writes, which are alike, the second. */
export function kindsOf(
  names: readonly OperationName[],
): { readonly name: OperationName; readonly operation: number }[] {
  const places = new Map<OperationName, number>();
  for (const [i, name] of names.entries()) if (!places.has(name)) places.set(name, i + (name === 'write' ? 2 : 1));
  return [...places].map(([name, operation]) => ({ name, operation }));
}
