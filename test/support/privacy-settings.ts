/** What other accountants say: test/fixtures/privacy.py. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.js';

export interface Setting {
  readonly samplingRate: number;
  readonly noiseMultiplier: number;
  readonly steps: number;
  readonly delta: number;
  /** ε by the Rényi accountants of both libraries, with their own orders. */
  readonly dpAccounting: number;
  readonly opacus: number;
  /** As `dpAccounting`, with its whole orders alone. */
  readonly dpAccountingWhole: number;
  /** ε by dp-accounting's privacy-loss distributions: an upper bound, and the limit of finer grids. */
  readonly pld: number;
  readonly limit: number;
}

export function recordedSettings() {
  return JSON.parse(readFileSync(path.join(root, 'test/fixtures/privacy.json'), 'utf8')) as {
    readonly settings: readonly Setting[];
    readonly dpAccountingOrders: readonly number[];
    readonly opacusOrders: readonly number[];
  };
}
