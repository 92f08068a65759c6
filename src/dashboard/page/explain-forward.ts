/** One sample, forward and back: its inputs, and each hidden layer as a grid of H and a grid of δ. */
import type { Facts, Passes } from '../../tools/explain/asks.js';
import { make } from './elements.js';
import { backInWords, canBeOff, curveOf, noteOf } from './explain-activations.js';
import { UnitGrid } from './explain-grid.js';
import { formula, indexBehind, inputName, inText, layerName, lettersOf } from './explain-letters.js';
import { inkPicture, number, row, table } from './explain-pictures.js';
import { whole } from './format.js';

/** Inputs that are listed, if they are no image. */
const MOST_LISTED = 200;

export interface Place {
  readonly layer: number;
  readonly unit: number;
}

export class Flow {
  readonly element = make('div', 'flow');
  readonly #facts: Facts;
  readonly #inputs = make('div', 'stage');
  readonly #hidden: { readonly h: UnitGrid; readonly delta: UnitGrid; readonly note: HTMLElement }[] = [];

  constructor(facts: Facts, choose: (place: Place) => void) {
    this.#facts = facts;
    const hidden = facts.layers.length - 2;
    this.element.classList.toggle('without-hidden', hidden === 0);
    this.element.append(this.#inputs);
    for (let l = 0; l < hidden; l++) {
      const pick = (unit: number) => choose({ layer: l, unit });
      const name = layerName(l, hidden + 1);
      const kind = curveOf(facts).isSigned ? 'signed' : 'positive';
      const h = new UnitGrid(kind, `Outputs of ${inText(name)}: arrow keys choose a unit`, pick);
      const delta = new UnitGrid('signed', `δ of ${inText(name)}: arrow keys choose a unit`, pick);
      const note = make('p', 'muted small');
      this.#hidden.push({ h, delta, note });
      this.element.append(this.#stage(l, name, h, delta, note));
    }
  }

  show(passes: Passes, chosen: Place | undefined): void {
    this.#showInputs(passes);
    const hasOff = canBeOff(this.#facts);
    const layers = this.#facts.layers.length - 1;
    for (const [l, { h, delta, note }] of this.#hidden.entries()) {
      const { h: values = [], z, delta: deltas } = passes.layers[l]!;
      const isOn = (unit: number) => !hasOff || z[unit]! > 0;
      const unit = chosen?.layer === l ? chosen.unit : -1;
      h.show(values, isOn, unit);
      delta.show(deltas, isOn, unit);
      note.replaceChildren(...noteOf(this.#facts, passes.layers[l]!, lettersOf(l, layers), l === 0));
    }
  }

  draw(): void {
    for (const { h, delta } of this.#hidden) {
      h.draw();
      delta.draw();
    }
  }

  #stage(l: number, name: string, h: UnitGrid, delta: UnitGrid, note: HTMLElement): HTMLElement {
    const letters = lettersOf(l, this.#facts.layers.length - 1);
    const { weight, bias, z, input, h: out, from, to } = letters;
    const next = lettersOf(l + 1, this.#facts.layers.length - 1);
    const at = indexBehind(letters, next);
    const curve = curveOf(this.#facts);
    const forward = formula(
      `${z}_${to} = ${bias}_${to} + Σ_${from} ${input}_${from} ${weight}_{${from}${to}},  ${out}_${to} = ${curve.value(`${z}_${to}`)}`,
    );
    const slope = `f′(${z}_${to}) = ${curve.slope(`${z}_${to}`, `${out}_${to}`)}`;
    const back = formula(`δ_${to} = f′(${z}_${to}) Σ_${at} ${next.weight}_{${to}${at}} δ_${at},  ${slope}`);
    const heading = make('h3', '', `${name[0]!.toUpperCase()}${name.slice(1)}: ${out} and δ`);
    const one = make('div', 'half-stage', make('p', 'small', 'Forward: ', forward), h.element);
    const other = make('div', 'half-stage', make('p', 'small', 'Back: ', back), delta.element);
    const meaning = curve.letters ?? (canBeOff(this.#facts) ? '[…] is 1 if the condition holds, else 0.' : '');
    const letter = meaning === '' || l > 0 ? [] : [make('p', 'muted small', formula(meaning))];
    const words = make('p', 'muted small', backInWords(this.#facts, l === this.#facts.layers.length - 3));
    return make('div', 'stage grow', heading, make('div', 'two', one, other), words, ...letter, note);
  }

  #showInputs({ inputs }: Passes): void {
    const { picture } = this.#facts;
    const nonzero = inputs.filter((x) => x !== 0).length;
    const note = make('p', 'muted small', `${whole(nonzero)} of ${whole(inputs.length)} inputs are not 0.`);
    const heading = make('h3', '', 'Inputs ', formula('X'));
    if (picture) {
      const label = `The sample as an image; ${nonzero} of ${inputs.length} pixels are not 0`;
      this.#inputs.replaceChildren(heading, inkPicture(inputs, picture, label), note);
      return;
    }
    const listed = [...inputs.keys()].filter((i) => inputs.length <= MOST_LISTED || inputs[i] !== 0);
    const rows = listed.slice(0, MOST_LISTED).map((i) => row(inputName(this.#facts, 0, i), number(inputs[i]!)));
    this.#inputs.replaceChildren(heading, table('Inputs of the network', ['input', 'X'], rows), note);
  }
}
