/** A learning-rate range test as text: a row for each part of the range, then the proposal. */
import type { WarningEvent } from '../../src/metrics/events.js';
import type { FindLrEndEvent, FindLrEvent, FindLrStartEvent, RateEvent } from '../../src/metrics/find-lr-events.js';
import { grouped } from '../../src/text/grouped.js';
import { textsOnOneLine, wrapped } from '../../src/text/printable.js';

/** Rows of the whole range. */
const ROWS = 20;
const BAR = 40;

export class FindLrText {
  readonly #columns: () => number | undefined;
  #every = 1;
  #first: number | undefined;

  /** @param columns  of the terminal; undefined where there is none */
  constructor(columns: () => number | undefined = () => undefined) {
    this.#columns = columns;
  }

  /** The event as whole lines. */
  format(given: FindLrEvent | WarningEvent): string {
    const room = this.#columns() ?? Number.POSITIVE_INFINITY;
    return this.#linesOf(textsOnOneLine(given))
      .map((line) => `${wrapped(line, room)}\n`)
      .join('');
  }

  #linesOf(event: FindLrEvent | WarningEvent): string[] {
    if (event.event === 'warning') return [`warning: ${event.message}`];
    if (event.event === 'find_lr_start') return this.#start(event);
    return event.event === 'rate' ? this.#rate(event) : this.#end(event);
  }

  #start({ dataset, model, from, to, steps, kernel }: FindLrStartEvent): string[] {
    this.#every = Math.max(1, Math.ceil(steps / ROWS));
    return [
      `Learning rates on ${dataset.name}: ${from} to ${to} in ${grouped(steps)} steps · network ${model.layers.join('-')} · kernel ${kernel}`,
      '',
      '  step  learning rate        loss',
    ];
  }

  #rate({ step, lr, smoothed_loss: loss }: RateEvent): string[] {
    this.#first ??= loss;
    if (step % this.#every !== 0) return [];
    const bar = '█'.repeat(Math.max(0, Math.min(BAR, Math.round((BAR / 2) * (loss / this.#first)))));
    const shown = loss < 1000 ? loss.toFixed(5) : loss.toPrecision(6);
    return [`${String(step).padStart(6)}  ${lr.toExponential(2).padStart(13)}  ${shown.padStart(10)}  ${bar}`];
  }

  #end({ status, steps, diverged, lr, reason, picture, seconds }: FindLrEndEvent): string[] {
    return [
      '',
      lr === null ? `no proposal: ${reason}` : `proposal: --lr ${lr}`,
      ...(lr === null ? [] : [`  ${reason}`]),
      `${status}: ${grouped(steps)} steps in ${seconds.toFixed(1)} s${diverged ? ', until the loss grew too much' : ''}`,
      ...(picture === undefined ? [] : [`picture ${picture}`]),
    ];
  }
}
