/** Softmax in the hand: the logits of the sample can be moved, and P, −log P and P − T follow. */
import type { Facts, Passes } from '../../tools/explain/asks.js';
import { make, setText } from './elements.js';
import { button } from './explain-chooser.js';
import { formula, outputName } from './explain-letters.js';
import { lossOf, naiveSoftmax, stableSoftmax } from './explain-math.js';
import { bar, number, row, short, table } from './explain-pictures.js';

/** Likeliest classes with a slider; the others keep their logits. */
const MOST_SLIDERS = 12;
/** Beyond the largest and below the smallest logit. */
const MARGIN = 5;
const STEPS = 1000;

export class SoftmaxCard {
  readonly element = make('div', 'softmax');
  readonly #facts: Facts;
  readonly #isStable = make('input');
  readonly #loss = make('p', 'small');
  readonly #body = make('div');
  #z: number[] = [];
  #own: readonly number[] = [];
  #target = 0;
  #sample = '';
  #isMoved = false;
  #rows: {
    readonly j: number;
    readonly z: HTMLElement;
    readonly slider: HTMLInputElement;
    readonly cells: HTMLElement[];
  }[] = [];

  constructor(facts: Facts) {
    this.#facts = facts;
    this.#isStable.type = 'checkbox';
    this.#isStable.checked = true;
    this.#isStable.addEventListener('change', () => this.#follow());
    this.#loss.setAttribute('aria-live', 'polite');
    this.element.append(
      make(
        'p',
        'small',
        'Move the logit Z of a class: P, −log P and P − T follow, and the probabilities still sum to 1. Softmax: ',
        formula('P_j = e^{Z_j} / Σ_c e^{Z_c}'),
        '. The stable form subtracts the largest logit first: ',
        formula('P_j = e^{Z_j − m} / Σ_c e^{Z_c − m}'),
        ', where ',
        formula('m'),
        ' is the largest logit. The result is the same, because the factor ',
        formula('e^{−m}'),
        ' cancels.',
      ),
      make(
        'div',
        'buttons',
        button('Add 1 to all', () => this.#add(1)),
        button('Add 800 to all', () => this.#add(800)),
        button('Reset', () => this.#reset()),
        make('label', 'check', this.#isStable, ' stable form'),
      ),
      this.#body,
      this.#loss,
    );
  }

  /** Logits that have been moved stay while it is the same sample. @param sample  which one it is */
  show({ layers, target = 0 }: Passes, sample: string): void {
    this.#own = layers.at(-1)!.z;
    this.#target = target;
    if (this.#isMoved && sample === this.#sample) return;
    this.#sample = sample;
    this.#reset();
  }

  #reset(): void {
    this.#isMoved = false;
    this.#z = [...this.#own];
    const order = [...this.#z.keys()].sort((a, b) => this.#z[b]! - this.#z[a]!).slice(0, MOST_SLIDERS);
    const shown = new Set([...order, this.#target]);
    this.#rows = [...this.#z.keys()].filter((j) => shown.has(j)).map((j) => this.#rowOf(j));
    const rows = this.#rows.map(({ j, z, slider, cells }) => {
      const line = row(outputName(this.#facts, j), slider, z, ...cells);
      if (j === this.#target) line.className = 'true-class';
      return line;
    });
    const heads = ['class', 'move it', 'logit Z', 'P', '−log P', 'P − T', ''];
    this.#body.replaceChildren(table('Logits that can be moved', heads, rows));
    this.#range();
    this.#follow();
  }

  #rowOf(j: number) {
    const slider = make('input');
    Object.assign(slider, { type: 'range', step: 'any' });
    slider.setAttribute('aria-label', `Logit of ${outputName(this.#facts, j)}`);
    slider.addEventListener('input', () => {
      this.#z[j] = slider.valueAsNumber;
      this.#isMoved = true;
      this.#follow();
    });
    return { j, z: make('span'), slider, cells: Array.from({ length: 4 }, () => make('span')) };
  }

  #add(amount: number): void {
    for (const j of this.#z.keys()) this.#z[j]! += amount;
    this.#isMoved = true;
    this.#range();
    this.#follow();
  }

  /** The sliders reach a little beyond the logits. */
  #range(): void {
    const [low, high] = [Math.min(...this.#z) - MARGIN, Math.max(...this.#z) + MARGIN];
    for (const { j, slider } of this.#rows) {
      Object.assign(slider, { min: String(low), max: String(high), step: String((high - low) / STEPS) });
      slider.value = String(this.#z[j]);
    }
  }

  #follow(): void {
    const isStable = this.#isStable.checked;
    const p = (isStable ? stableSoftmax : naiveSoftmax)(this.#z);
    for (const { j, z, slider, cells } of this.#rows) {
      const difference = p[j]! - Number(j === this.#target);
      z.replaceChildren(number(this.#z[j]!));
      slider.setAttribute('aria-valuetext', `${short(this.#z[j]!)}, P ${short(p[j]!)}`);
      const values = [number(p[j]!), number(lossOf(this.#z, j, isStable)), number(difference)];
      for (const [i, value] of values.entries()) cells[i]!.replaceChildren(value);
      cells[3]!.replaceChildren(bar(Number.isFinite(difference) ? difference : 0, 1));
    }
    const loss = lossOf(this.#z, this.#target, isStable);
    const name = outputName(this.#facts, this.#target);
    const said = Number.isFinite(loss) ? short(loss) : String(loss);
    setText(this.#loss, `Loss −log P of the true class ${name}: ${said}. ${this.#remark(isStable)}`);
  }

  #remark(isStable: boolean): string {
    const most = Math.max(...this.#z);
    const sum = this.#z.reduce((total, each) => total + Math.exp(each), 0);
    const unchanged = 'Adding the same number to all logits changes neither P nor the loss.';
    const power = `e^${short(most)}`;
    if (!Number.isFinite(sum)) {
      const large = `The largest logit, of class ${outputName(this.#facts, this.#z.indexOf(most))}, is ${short(most)}. The sum of the powers, with ${power}, is larger than the largest number that a computer can hold in 64 bits, 1.8 · 10^308.`;
      return isStable
        ? `${unchanged} ${large} The stable form never computes ${power}: its largest power is e^0 = 1. Turn off “stable form” to see the difference.`
        : `${large} It overflows to ∞, and ∞ / ∞ is not a number (NaN). The stable form has no such problem.`;
    }
    if (sum === 0 && !isStable)
      return 'All powers e^Z are too small for 64 bits: they become 0, and 0 / 0 is not a number (NaN).';
    return unchanged;
  }
}
