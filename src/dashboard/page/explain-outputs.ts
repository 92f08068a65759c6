/** The outputs of the network for a sample: Z, P, T and P − T, or Z, T and the error of numbers. */
import type { Facts, Passes } from '../../tools/explain/asks.js';
import { make } from './elements.js';
import { button } from './explain-chooser.js';
import { formula, outputName } from './explain-letters.js';
import { largest } from './explain-math.js';
import { bar, number, row, short, table } from './explain-pictures.js';

/** With more classes, the likeliest are shown, and the true one. */
const MOST_SHOWN = 20;

/** δ of an output for numbers, by objective: of e = Z − T, over the number of targets. */
const SLOPES: Readonly<Record<string, string>> = {
  'squared-error': 'δ = 2 (Z − T) / C',
  'absolute-error': 'δ = sign(Z − T) / C',
  huber: 'δ = Z − T, kept between −d and d, / C',
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
    const sums = row('sum', '', number(sum(p), roughly), number(sum(targets)), number(sum(delta), roughly), '');
    sums.className = 'sums';
    this.element.replaceChildren(
      make('h3', '', 'Output: ', formula('Z, P, T, P − T')),
      make('p', 'small', formula('P_j = e^{Z_j} / Σ_c e^{Z_c}'), ';  ', formula('δ_j = ∂ℓ/∂Z_j = P_j − T_j')),
      table('Logits, probabilities and targets by class', ['class', 'Z', 'P', 'T', 'δ = P − T', ''], [...rows, sums]),
      make('p', 'small', formula('ℓ = −log P_t = '), number(loss), ' for the true class ', this.#name(target!), '.'),
      make(
        'p',
        'muted small',
        'P sums to 1 and so does T, so P − T sums to 0: what the true class is to gain, the others are to lose.',
      ),
    );
  }

  #showNumbers({ layers, targets, loss }: Passes, chosen: number | undefined): void {
    const { z, delta } = layers.at(-1)!;
    const most = largest(delta);
    const rows = targets.map((t, j) => {
      const { mean, deviation } = this.#facts.targets[j]!;
      const own = (value: number) => number(mean + deviation * value);
      const cells = [number(z[j]!), number(t), number(z[j]! - t), number(delta[j]!), bar(delta[j]!, most)];
      const line = row(this.#nameOf(j), own(z[j]!), own(t), ...cells);
      if (j === chosen) line.classList.add('chosen');
      return line;
    });
    const { objective, huberDelta } = this.#facts;
    const d = objective === 'huber' ? ` (d = ${short(huberDelta)})` : '';
    const several = targets.length === 1 ? 'C = 1 target' : `C = ${targets.length} targets`;
    this.element.replaceChildren(
      make('h3', '', 'Output: ', formula('Z'), ' and ', formula('T')),
      make('p', 'small', formula(SLOPES[objective] ?? 'δ = ∂ℓ/∂Z'), `${d}, with ${several}`),
      table('Estimates and targets', ['target', 'estimate', 'true value', 'Z', 'T', 'Z − T', 'δ', ''], rows),
      make('p', 'small', formula('ℓ = '), number(loss), '. Z and T are standardized: (value − mean) / deviation.'),
    );
  }

  #nameOf(j: number): HTMLElement {
    const name = button(this.#name(j), () => this.#choose(j));
    name.classList.add('plain');
    name.title = 'Show which inputs speak for and against it';
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
