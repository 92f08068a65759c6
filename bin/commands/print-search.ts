/** A search as text: a row for each trial, then the best one and what mattered. */
import type { SearchEndEvent, SearchEvent, SearchStartEvent, TrialEvent } from '../../src/metrics/search-events.js';
import { grouped } from '../../src/text/grouped.js';
import { textsOnOneLine, truncated, wrapped } from '../../src/text/printable.js';
import { asTyped } from '../../src/tools/search/space.js';
import { rowsOf } from './metric-tables.js';

const BAR = 20;

export class SearchText {
  readonly #columns: () => number | undefined;
  #rungs = 1;

  /** @param columns  of the terminal; undefined where there is none */
  constructor(columns: () => number | undefined = () => undefined) {
    this.#columns = columns;
  }

  /** The event as whole lines. */
  format(given: SearchEvent): string {
    return this.#linesOf(textsOnOneLine(given))
      .map((line) => `${line}\n`)
      .join('');
  }

  get #room(): number {
    return this.#columns() ?? Number.POSITIVE_INFINITY;
  }

  #linesOf(event: SearchEvent): string[] {
    if (event.event === 'search_start') return this.#start(event);
    return event.event === 'trial' ? this.#trial(event) : this.#end(event);
  }

  #start({ dataset, trials, folds, rungs, search_seed, kernel }: SearchStartEvent): string[] {
    this.#rungs = rungs.length;
    const judged = folds === null ? 'validation samples' : `${folds} folds`;
    const steps = rungs.map((rung) => `${grouped(rung.trials)} for ${percent(rung.fraction)}`).join(', ');
    return [
      `Search on ${dataset.name}: ${grouped(trials)} trials, judged by ${judged}, seed ${search_seed} · kernel ${kernel}`,
      ...(rungs.length > 1 ? [`successive halving: ${steps} of the epochs`] : []),
      '',
      ...this.#row(['trial', 'rung', 'epochs', 'loss', 'seconds', 'options']),
    ].map((line) => wrapped(line, this.#room));
  }

  #trial({ trial, rung, epochs, loss, seconds, options, message }: TrialEvent): string[] {
    const shown = loss === null ? 'failed' : loss < 1000 ? loss.toFixed(5) : loss.toPrecision(6);
    const row = this.#row([`${trial}`, `${rung}`, `${epochs}`, shown, seconds.toFixed(2), asTyped(options)]);
    return message === undefined ? row : [...row, truncated(`trial ${trial}: ${message}`, this.#room)];
  }

  /** Options are cut to the width of a terminal. */
  #row([trial, rung, epochs, loss, seconds, options]: readonly string[]): string[] {
    const cells = [trial!, ...(this.#rungs > 1 ? [rung!] : []), epochs!, loss!, seconds!];
    const [line = ''] = rowsOf(cells, [], this.#room, [6, ...(this.#rungs > 1 ? [5] : []), 7, 12, 9]);
    return [truncated(`${line}  ${options}`, this.#room)];
  }

  #end(event: SearchEndEvent): string[] {
    const { status, trials, best, importance, saved, picture, seconds } = event;
    const tested = (['test_loss', 'test_error', 'test_rmse', 'test_mae', 'test_r2'] as const).flatMap((name) =>
      typeof event[name] === 'number' ? [`${name.replace('_', ' ')} ${Number(event[name].toPrecision(5))}`] : [],
    );
    const width = Math.max(0, ...importance.map(({ option }) => option.length));
    const bars = importance.map(({ option, share }) =>
      `  ${option.padEnd(width)}  ${percent(share).padStart(5)}  ${'█'.repeat(Math.round(BAR * share))}`.trimEnd(),
    );
    return [
      '',
      ...(best ? [`best: trial ${best.trial}, loss ${best.loss.toFixed(5)}`, `  ${asTyped(best.options)}`] : []),
      ...(bars.length > 0 ? ['what mattered (share of the variation of the ranks):', ...bars] : []),
      ...(tested.length > 0 ? [`trained with the best options: ${tested.join(', ')}`] : []),
      `${status}: ${trials} ${trials === 1 ? 'trial' : 'trials'} in ${seconds.toFixed(1)} s`,
      ...(saved === undefined ? [] : [`saved ${saved}`]),
      ...(picture === undefined ? [] : [`picture ${picture}`]),
    ].map((line) => wrapped(line, this.#room));
  }
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(3))} %`;
}
