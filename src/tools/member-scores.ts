/** The metrics of an ensemble's single networks: what the ensemble gains. */
import type { EnsembleMetrics } from '../metrics/events.js';
import { addScores, noSums, type Split, splitMetricsOf } from '../metrics/sums.js';
import type { Objective, Sums } from '../model/objectives/objective.js';
import type { Network } from './network.js';

/** Adds up the scores of each network, in the order of the samples. Does nothing for a single network. */
export class MemberScores {
  readonly #network: Network;
  readonly #objective: Objective;
  readonly #sums: Sums[];

  constructor(network: Network, objective: Objective) {
    this.#network = network;
    this.#objective = objective;
    this.#sums = network.members.map(() => noSums(objective));
  }

  /** Scores the sample that the ensemble has just evaluated. */
  add(target: number | ArrayLike<number>, weight?: number): void {
    if (this.#sums.length === 0) return;
    this.#network.scoreMembers(target, weight);
    for (const [m, { scores }] of this.#network.members.entries()) {
      this.#sums[m] = addScores(this.#sums[m]!, scores, 0, 1);
    }
  }

  metrics(split: Split): { readonly ensemble?: EnsembleMetrics } {
    if (this.#sums.length === 0) return {};
    return { ensemble: meanOfMembers(this.#sums.map((sums) => splitMetricsOf(this.#objective, split, sums))) };
  }
}

/** @param members  the metrics of each network, by name; other fields are ignored */
export function meanOfMembers(members: readonly object[]): EnsembleMetrics {
  const names = Object.keys(members[0] ?? {}).filter((name) => /^(train|validation|test)_/.test(name));
  const means = names.flatMap((name) => {
    const values = members.map((each) => (each as Readonly<Record<string, unknown>>)[name]);
    if (!values.every((value) => typeof value === 'number')) return [];
    return [[name, values.reduce((sum, value) => sum + value, 0) / values.length] as const];
  });
  return { members: members.length, mean: Object.fromEntries(means) };
}
