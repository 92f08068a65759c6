/** Called at the beginning, and whenever one of the runs has ended. */
export type OnCount = (done: number, total: number) => void;

/** @returns what to call when a run has ended */
export function counting(total: number, onCount: OnCount | undefined): () => void {
  let done = 0;
  onCount?.(done, total);
  return () => onCount?.(++done, total);
}
