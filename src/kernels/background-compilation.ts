/** A flag of V8 that threads need in Node 20. */
import { setFlagsFromString } from 'node:v8';

/**
 * Node 20 aborts the process ("Assertion failed: (data.first) != nullptr") if a thread ends while V8 compiles one of its
 * functions in the background. In Node 20, threads therefore compile in the foreground. The flag applies to the whole
 * process and is read when a thread starts, so it stays set for threads that replace dead ones.
 */
export function avoidBackgroundCompilation(): void {
  if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString('--no-concurrent-recompilation');
}
