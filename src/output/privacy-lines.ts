/** The guarantee of a private run, for people. */
import type { ConfigRecord } from '../config/options.js';
import type { EndEvent, StartEvent } from '../metrics/events.js';
import { grouped } from '../text/grouped.js';

type Budget = Pick<ConfigRecord, 'dp_epsilon' | 'dp_seed'>;

/** What the run will have spent at its end, and what that follows from. No lines if it is not private. */
export function plannedLines({ privacy, config }: Pick<StartEvent, 'privacy' | 'config'>): string[] {
  if (!privacy) return [];
  const { epsilon, delta, noise_multiplier: sigma, clip_norm: norm, sampling_rate: rate, steps } = privacy;
  return [
    `private: noise multiplier ${sigma}, gradients clipped to ${norm}, sampling rate ${Number(rate.toPrecision(4))}; ` +
      `${grouped(steps)} steps spend ${guaranteeText(epsilon, delta, config)}`,
  ];
}

/** What the run has spent. */
export function spentLines({ epsilon, delta }: Pick<EndEvent, 'epsilon' | 'delta'>, budget?: Budget): string[] {
  return epsilon === undefined ? [] : [`private: spent ${guaranteeText(epsilon, delta!, budget)}`];
}

function guaranteeText(epsilon: number, delta: number, { dp_epsilon, dp_seed }: Partial<Budget> = {}): string {
  const budget = dp_epsilon == null ? '' : ` of ${dp_epsilon}`;
  const warning = dp_seed == null ? '' : '; no guarantee, because of --dp-seed';
  return `epsilon ${epsilon.toFixed(4)}${budget}, delta ${delta}${warning}`;
}
