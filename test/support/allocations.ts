/** Counts the bytes of buffers that the code of this thread asks for: a header that promises gigabytes must not get them. */

/**
 * Counts from now on, for good, so only in a thread that ends with its test. What Node itself allocates (a stream's chunks)
 * is of a fixed size, and not counted.
 *
 * @returns the bytes so far
 */
export function countAllocations(): () => number {
  let bytes = 0;
  const types = [
    'ArrayBuffer',
    'SharedArrayBuffer',
    'Uint8Array',
    'Uint32Array',
    'Float32Array',
    'Float64Array',
  ] as const;
  for (const name of types) {
    const original = globalThis[name] as unknown as { new (...args: unknown[]): object; BYTES_PER_ELEMENT?: number };
    const counting = new Proxy(original, {
      construct: (target, args: unknown[]) => {
        bytes += lengthOf(args[0]) * (original.BYTES_PER_ELEMENT ?? 1);
        return new target(...args);
      },
    });
    Object.assign(globalThis, { [name]: counting });
  }
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'from', 'concat'] as const) {
    const original = Buffer[name] as (...args: unknown[]) => Buffer;
    const counting = (...args: unknown[]) => {
      const made = original.apply(Buffer, args);
      // Of another's memory it is a view.
      if (!(name === 'from' && args[0] === made.buffer)) bytes += made.length;
      return made;
    };
    Object.assign(Buffer, { [name]: counting });
  }
  return () => bytes;
}

/** Of what a constructor makes of this. A view on a buffer that is there takes nothing. */
function lengthOf(first: unknown): number {
  if (typeof first === 'number') return first;
  return Array.isArray(first) || ArrayBuffer.isView(first) ? (first as unknown as { length?: number }).length! : 0;
}
