/** What stands above and below every report. */
import { packageVersion } from '../../files/package-version.js';
import type { EvaluationEvent } from '../../metrics/events.js';
import { grouped } from '../../text/grouped.js';

const KINDS = { test: 'test samples', train: 'training samples', all: 'samples' } as const;

export function titleOf({ model, dataset }: Pick<EvaluationEvent, 'model' | 'dataset'>): string {
  // Without folders.
  return `${model.split(/[/\\]/).at(-1)} on ${dataset.name}`;
}

export function samplesOf({ dataset }: Pick<EvaluationEvent, 'dataset'>): string {
  return `${grouped(dataset.samples)} ${KINDS[dataset.split]}`;
}

export function footerOf(event: Pick<EvaluationEvent, 'kernel' | 'weights_sha256' | 'bootstrap'>): string {
  const { resamples, level, seed } = event.bootstrap;
  const intervals =
    resamples > 0
      ? `Intervals: ${level * 100} %, percentiles of ${grouped(resamples)} bootstrap resamples of the samples, seed ${seed}.`
      : 'Without intervals (--bootstrap 0).';
  return `Lockstep ${packageVersion()}, kernel ${event.kernel}, weights sha256 ${event.weights_sha256}. ${intervals}`;
}
