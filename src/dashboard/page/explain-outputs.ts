/** The outputs of the network for a sample: Z, P, T and P − T, or Z, T and the error of numbers. */
import type { Facts, Passes } from '../../tools/explain/asks.js';
import { make } from './elements.js';
import { button } from './explain-chooser.js';
import { formula, outputName } from './explain-letters.js';
import { largest } from './explain-math.js';
import { bar, inOwnUnit, number, row, short, table } from './explain-pictures.js';
import { whole } from './format.js';

/** With more classes, the likeliest are shown, and the true one. */
const MOST_SHOWN = 20;

/** Loss and δ of an output for numbers, by objective: of e = Z − T, divided by the number of targets. */
const LOSSES: Readonly<Record<string, readonly [loss: string, delta: string]>> = {
  'squared-error': ['ℓ = Σ_j (Z_j − T_j)^2 / C', 'δ_j = ∂ℓ/∂Z_j = 2 (Z_j − T_j) / C'],
  'absolute-error': ['ℓ = Σ_j |Z_j − T_j| / C', 'δ_j = ∂ℓ/∂Z_j = sign(Z_j − T_j) / C'],
  huber: [
    'ℓ = Σ_j h(Z_j − T_j) / C, h(e) = e^2/2 if |e| ≤ d, else d |e| − d^2/2',
    'δ_j = ∂ℓ/∂Z_j = (Z_j − T_j) / C, but at most d / C and at least −d / C',
  ],
};

export class Outputs {
  readonly element = make('div', 'stage');
  readonly #facts: Facts;
  readonly #choose: (output: number) => void;

  constructor(facts: Facts, choose: (output: number) => void) {
    this.#facts = facts;
    this.#choose = choose;
  }

  show(passes: Passes, chosen: number | undefined): void {
    if (passes.probabilities) this.#showClasses(passes, passes.probabilities, chosen);
    else this.#showNumbers(passes, chosen);
  }

  #showClasses({ layers, targets, loss, target }: Passes, p: readonly number[], chosen: number | undefined): void {
    const { z, delta } = layers.at(-1)!;
    const order = [...p.keys()].sort((a, b) => p[b]! - p[a]!);
    const kept = new Set(order.slice(0, MOST_SHOWN));
    const shown = [...p.keys()].filter((j) => p.length <= MOST_SHOWN || kept.has(j) || j === target);
    const most = largest(delta);
    const rows = shown.map((j) => {
      const line = row(
        this.#nameOf(j),
        number(z[j]!),
        number(p[j]!),
        number(targets[j]!),
        number(delta[j]!),
        bar(delta[j]!, most),
      );
      if (j === target) line.classList.add('true-class');
      if (j === chosen) line.classList.add('chosen');
      return line;
    });
    const left = p.length - shown.length;
    const others =
      left > 0 ? [row(left === 1 ? '1 other class' : `${whole(left)} other classes`, '', '', '', '', '')] : [];
    const sums = row('sum', '', number(sum(p), roughly), number(sum(targets)), number(sum(delta), roughly), '');
    sums.className = 'sums';
    this.element.replaceChildren(
      make('h3', '', 'Output: ', formula('Z, P, T, P − T')),
      make('p', 'small', formula('P_j = e^{Z_j} / Σ_c e^{Z_c}'), ';  ', formula('δ_j = ∂ℓ/∂Z_j = P_j − T_j')),
      table(
        'Logits, probabilities and targets by class',
        ['class', 'Z', 'P', 'T', 'δ = P − T', ''],
        [...rows, ...others, sums],
      ),
      make(
        'p',
        'small',
        formula('ℓ = −log P_t = '),
        number(loss),
        ' for the true class ',
        formula('t = '),
        this.#name(target!),
        '.',
      ),
      make(
        'p',
        'muted small',
        'T is 1 for the true class and 0 for the others. δ is negative for the true class: the loss falls if its logit rises. δ is ' +
          'positive for the others: the loss falls if their logits fall. P sums to 1, and so does T, so P − T sums to 1 − 1 = 0.',
      ),
    );
  }

  #showNumbers({ layers, targets, loss }: Passes, chosen: number | undefined): void {
    const { z, delta } = layers.at(-1)!;
    const values = targets.map((t, j) => {
      const { mean, deviation } = this.#facts.targets[j]!;
      const own = (value: number) => number(mean + deviation * value, inOwnUnit);
      const line = row(this.#nameOf(j), own(z[j]!), own(t));
      if (j === chosen) line.classList.add('chosen');
      return line;
    });
    const errors = targets.map((t, j) =>
      row(this.#name(j), number(z[j]!), number(t), number(z[j]! - t), number(delta[j]!)),
    );
    const { objective, huberDelta } = this.#facts;
    const d = objective === 'huber' ? `, d = ${short(huberDelta)}` : '';
    const several = targets.length === 1 ? 'C = 1 target' : `C = ${targets.length} targets`;
    const [form, slope] = LOSSES[objective] ?? ['', 'δ_j = ∂ℓ/∂Z_j'];
    this.element.replaceChildren(
      make('h3', '', 'Output: ', formula('Z'), ' and ', formula('T')),
      ...(form === '' ? [] : [make('p', 'small', formula(`${form}${d}, ${several}`))]),
      make('p', 'small', formula(slope)),
      table('Estimates', ['target', 'estimate', 'true value'], values),
      table('Errors, standardized', ['target', 'Z', 'T', 'Z − T', 'δ'], errors),
      make('p', 'small', formula('ℓ = '), number(loss), '.'),
      make(
        'p',
        'muted small',
        'Z and T are standardized: (value − mean) / standard deviation. δ > 0: the estimate is too high, and the loss falls if it ' +
          'falls. δ < 0: the estimate is too low.',
      ),
    );
  }

  #nameOf(j: number): HTMLElement {
    const name = button(this.#name(j), () => this.#choose(j));
    name.classList.add('plain');
    name.title = 'Show what raises and what lowers it';
    return name;
  }

  #name(j: number): string {
    return outputName(this.#facts, j);
  }
}

/** A sum that is 0 or 1 but for rounding. */
function roughly(value: number): string {
  return short(Math.round(value * 1e12) / 1e12);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
