/** What is varied, one thing at a time, around one job: 784-1000-10, batch 100, density 0.2, 10,000 samples. */

export interface Job {
  readonly samples: number;
  readonly density: number;
  readonly hidden: readonly number[];
  readonly batchSize: number;
}

export interface Row {
  /** The value of what is varied. */
  readonly label: string;
  readonly job: Job;
  /** Takes minutes and gigabytes: run only when asked. */
  readonly isLarge: boolean;
}

export const INPUTS = 784;
export const CLASSES = 10;

const MIDDLE: Job = { samples: 10_000, density: 0.2, hidden: [1000], batchSize: 100 };

export const SWEEP_NAMES = ['width', 'batch', 'density', 'depth', 'samples'] as const;
export type SweepName = (typeof SWEEP_NAMES)[number];

export const SWEEPS: Record<SweepName, readonly Row[]> = {
  width: [250, 500, 1000, 2000, 4000].map((width) => row(width, { hidden: [width] })),
  batch: [1, 10, 100, 1000, 10_000].map((batchSize) => row(batchSize, { batchSize })),
  density: [5, 10, 20, 40, 60, 80, 100].map((percent) => row(`${percent} %`, { density: percent / 100 })),
  depth: [1, 2, 3].map((depth) => row(`${depth} x 1024`, { hidden: new Array<number>(depth).fill(1024) })),
  samples: [10_000, 30_000, 100_000, 300_000, 1_000_000].map((samples) =>
    row(samples.toLocaleString('en-US'), { samples }, samples > 100_000),
  ),
};

function row(label: string | number, varied: Partial<Job>, isLarge = false): Row {
  return { label: String(label), job: { ...MIDDLE, ...varied }, isLarge };
}

/** Of a hidden layer's units, so many are active at first, when weights are random: half. */
const ACTIVE = 0.5;

/**
 * Multiply-adds that a sample costs: each nonzero input of a layer times its outputs, forward, in the step, and, in all
 * layers but the first, backward.
 *
 * @param nonzeros  inputs of a sample that are not zero, the mean
 */
export function multiplyAdds({ hidden }: Job, nonzeros: number): number {
  const widths = [...hidden, CLASSES];
  const later = hidden.reduce((sum, width, l) => sum + 3 * ACTIVE * width * widths[l + 1]!, 0);
  return 2 * nonzeros * widths[0]! + later;
}
