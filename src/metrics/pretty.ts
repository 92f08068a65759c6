/** Events for people: a heading, a table of epochs, a summary. */
import { styleText } from 'node:util';
import type { EndEvent, EpochEvent, StartEvent, StepEvent, TrainEvent } from './events.js';

const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export class PrettyFormat {
  readonly #bold: (text: string) => string;
  readonly #dim: (text: string) => string;
  #hasTest = false;

  /** @param color  whether the output is a terminal that shows colours */
  constructor(color: boolean) {
    const style = (name: 'bold' | 'dim') => (text: string) => (color ? styleText(name, text) : text);
    this.#bold = style('bold');
    this.#dim = style('dim');
  }

  /** The event as whole lines. */
  format(event: TrainEvent): string {
    switch (event.event) {
      case 'start':
        return this.#start(event);
      case 'step':
        return this.#step(event);
      case 'epoch':
        return this.#epoch(event);
      case 'checkpoint':
        // One a line would drown the table; that they are there, `ls` says.
        return '';
      case 'warning':
        return `${this.#bold('warning')}: ${event.message}\n`;
      case 'end':
        return this.#end(event);
    }
  }

  #start({ config, dataset, model, threads, kernel, node, resumed }: StartEvent): string {
    this.#hasTest = dataset.test > 0;
    const test = this.#hasTest ? `, ${integer.format(dataset.test)} test samples` : ', no test samples';
    const lines = [
      `${this.#bold('Lockstep')} · ${plural(threads, 'thread')} · kernel ${kernel} · ${config.strategy} · Node ${node}`,
      `${dataset.name}: ${integer.format(dataset.train)} training${test}, ` +
        `${percent(dataset.density, 1)} of the inputs nonzero`,
      `network ${model.layers.join('-')}: ${integer.format(model.parameters)} parameters; batch ${config.batch_size}, ` +
        `learning rate ${config.lr}, gradients' ${config.reduction}, seed ${config.seed}`,
      ...(resumed
        ? [`resumed from ${resumed.file}: ${plural(resumed.epochs, 'epoch')}, step ${integer.format(resumed.step)}`]
        : []),
    ];
    const head = ['epoch', 'loss', 'error', ...(this.#hasTest ? ['test loss', 'test error'] : [])];
    const heading = row([...head, 'seconds', 'samples/s', 'waiting']);
    return `${lines.join('\n')}\n${config.epochs > 0 ? `\n${this.#bold(heading)}\n` : ''}`;
  }

  #step({ epoch, step, loss, error, seconds }: StepEvent): string {
    const cells = [`${epoch}`, fixed(loss), percent(error, 3)];
    return `${this.#dim(`${row(cells)}  step ${integer.format(step)} at ${seconds.toFixed(2)} s`)}\n`;
  }

  #epoch(event: EpochEvent): string {
    const { epoch, train_loss, train_error, test_loss, test_error, seconds } = event;
    const test = this.#hasTest ? [fixed(test_loss), percent(test_error, 2)] : [];
    const speed = [seconds.toFixed(2), integer.format(event.samples_per_second), percent(event.wait_fraction, 1)];
    return `${row([`${epoch}`, fixed(train_loss), percent(train_error, 3), ...test, ...speed])}\n`;
  }

  #end(event: EndEvent): string {
    const {
      status,
      epochs,
      seconds,
      train_loss,
      train_error,
      test_loss,
      test_error,
      weights_sha256,
      saved,
      checkpoint,
      message,
    } = event;
    const figures = [
      train_loss !== undefined && `training loss ${fixed(train_loss)}, error ${percent(train_error, 3)}`,
      test_loss !== undefined && `test loss ${fixed(test_loss)}, error ${percent(test_error, 2)}`,
    ].filter((line) => line !== false);
    const lines = [
      `${this.#bold(status)}${message ? `: ${message}` : ''} · ${plural(epochs, 'epoch')} · ${seconds.toFixed(1)} s`,
      ...(figures.length > 0 ? [figures.join(' · ')] : []),
      ...(saved ? [`saved as ${saved}`] : []),
      ...(checkpoint ? [`checkpoint ${checkpoint}: --resume goes on from it`] : []),
      ...(weights_sha256 ? [this.#dim(`weights sha256 ${weights_sha256}`)] : []),
    ];
    return `\n${lines.join('\n')}\n`;
  }
}

/** With the space before each: 79 columns together, where a terminal has 80. */
const WIDTHS = [5, 11, 11, 11, 12, 9, 11, 9];

function row(cells: readonly string[]): string {
  // Without test samples two columns are missing: the rest keeps its own widths.
  const widths = cells.length === WIDTHS.length - 2 ? [...WIDTHS.slice(0, 3), ...WIDTHS.slice(5)] : WIDTHS;
  return cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('');
}

function plural(count: number, what: string): string {
  return `${integer.format(count)} ${what}${count === 1 ? '' : 's'}`;
}

function fixed(value: number | undefined): string {
  return value === undefined ? '' : value < 1000 ? value.toFixed(5) : value.toPrecision(6);
}

function percent(fraction: number | undefined, digits: number): string {
  return fraction === undefined ? '' : `${(fraction * 100).toFixed(digits)} %`;
}
