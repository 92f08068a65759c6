/** Private training. */
import { grouped } from '../../text/grouped.js';
import { failure, noTableAt, usage } from '../draft.js';
import { shown } from '../shown.js';

export const privacyErrors = {
  noPublicTable: (data: string, found: string) => noTableAt('public-data', data, found),
  privateWithout: (missing: string) => usage(`--private: requires ${missing}`),
  privateTable: () =>
    usage(
      '--private: a table requires --public-data, a table with the same columns and without private rows, ' +
        'from which the encoding of the columns is determined',
    ),
  notPrivate: (flag: string, why: string) => usage(`${flag}: not possible with --private, because ${why}`),
  publicIsPrivate: (file: string) =>
    usage(`--public-data ${shown(file)}: has the same rows as --data; expected a table without private rows`),
  privateUnlabeled: (file: string, what: string) =>
    failure(
      `${file}: some rows have no ${what}; with --private, no row may be left out, so remove these rows from the table`,
    ),
  largeDelta: (delta: number, samples: number) =>
    usage(
      `--dp-delta ${delta}: expected less than 1 / ${grouped(samples)}, the number of training samples; ` +
        'otherwise the guarantee would allow to publish one of them',
    ),
  noNoise: (epsilon: number) => usage(`--dp-epsilon ${epsilon}: no noise is strong enough; allow more, or train less`),
  noEpochWithin: (epsilon: number, spent: number) =>
    usage(
      `--dp-epsilon ${epsilon}: the first epoch would spend ${spent.toPrecision(4)}; ` +
        'allow more, or use a larger --dp-noise-multiplier',
    ),
  noiseBeyondLattice: (multiplier: number, parameters: number) =>
    usage(
      `--dp-noise-multiplier ${multiplier}: too large for a network of ${grouped(parameters)} parameters; ` +
        'use less noise or a smaller network',
    ),
};
