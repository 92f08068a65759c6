/** One unit: its weights as an image, its sum with the real numbers, and its δ. */
import type { Facts, Passes, Unit } from '../../tools/explain/asks.js';
import { make } from './elements.js';
import { canBeOff, curveOf } from './explain-activations.js';
import { button } from './explain-chooser.js';
import type { Place } from './explain-forward.js';
import {
  formula,
  indexBehind,
  inputName,
  inText,
  type Letters,
  layerName,
  lettersOf,
  outputName,
} from './explain-letters.js';
import { sidesOf, type Term, termsOf } from './explain-math.js';
import { colorsOf, figure, inkPicture, number, row, short, signed, signedPicture, table } from './explain-pictures.js';
import { counted } from './format.js';

const SHOWN_TERMS = 6;
const SHOWN_UNITS = 8;

export class UnitCard {
  readonly element = make('div', 'unit-card');
  readonly #facts: Facts;
  readonly #choose: (place: Place) => void;
  readonly #chooseWeight: (input: number) => void;

  /** @param chooseWeight  called for a click on a weight of the first layer */
  constructor(facts: Facts, choose: (place: Place) => void, chooseWeight: (input: number) => void) {
    this.#facts = facts;
    this.#choose = choose;
    this.#chooseWeight = chooseWeight;
  }

  show({ layer, unit }: Place, passes: Passes, weights: Unit): void {
    const layers = passes.layers.length;
    const letters = lettersOf(layer, layers);
    const isLast = layer === layers - 1;
    const inputs = layer === 0 ? passes.inputs : passes.layers[layer - 1]!.h!;
    const terms = termsOf(inputs, weights.weights);
    const place = { layer, unit };
    const columns = [this.#sum(letters, passes, place, weights, terms)];
    if (layer > 0) columns.push(...this.#sides(letters, layer, terms));
    else columns.push(this.#largest(letters, terms));
    if (!isLast) columns.push(this.#delta(letters, place, passes, weights));
    this.element.replaceChildren(
      make('h3', '', this.#titleOf(place)),
      ...(layer === 0 && this.#facts.picture ? [this.#pictures(letters, inputs, weights.weights)] : []),
      make('div', 'two', ...columns),
      this.#gradient(letters, place, passes, inputs),
    );
  }

  #titleOf({ layer, unit }: Place): string {
    const layers = this.#facts.layers.length - 1;
    if (layer === layers - 1) return `Output ${outputName(this.#facts, unit)}`;
    return `Unit ${unit} of ${inText(layerName(layer, layers))}`;
  }

  #pictures({ weight, input, from, to }: Letters, inputs: readonly number[], weights: readonly number[]): HTMLElement {
    const shape = this.#facts.picture!;
    const products = weights.map((w, i) => w * inputs[i]!);
    const canvas = signedPicture(weights, shape, 'Weights of the unit: red is positive, blue negative');
    canvas.addEventListener('click', ({ offsetX, offsetY }) => {
      const place = (offset: number, size: number, count: number) =>
        Math.min(count - 1, Math.floor((offset / size) * count));
      const row = place(offsetY, canvas.clientHeight, shape.height);
      this.#chooseWeight(row * shape.width + place(offsetX, canvas.clientWidth, shape.width));
    });
    const images = make(
      'div',
      'row',
      figure(formula(`weights ${weight}_{${from}${to}}`), canvas),
      make('span', 'operator', '·'),
      figure(formula(`inputs ${input}_${from}`), inkPicture(inputs, shape, 'Inputs')),
      make('span', 'operator', '='),
      figure(
        formula(`terms ${input}_${from} ${weight}_{${from}${to}}`),
        signedPicture(products, shape, 'Terms of the sum: red ones raise it, blue ones lower it'),
      ),
    );
    return make(
      'div',
      '',
      images,
      make(
        'p',
        'muted small',
        'Red: positive, raises the sum. Blue: negative, lowers it. Colors of the weights: ' +
          `${colorsOf(weights)}. Colors of the terms: ${colorsOf(products)}.`,
      ),
    );
  }

  #sum(
    { input, weight, bias, z, h, from, to }: Letters,
    passes: Passes,
    { layer, unit }: Place,
    { bias: b }: Unit,
    terms: readonly Term[],
  ): HTMLElement {
    const sides = sidesOf(terms);
    const sum = passes.layers[layer]!.z[unit]!;
    const isLast = layer === passes.layers.length - 1;
    const rows = [
      row(formula(`bias ${bias}_${to}`), number(b)),
      row('positive terms, which raise it', number(sides.for)),
      row('negative terms, which lower it', number(sides.against)),
      row(formula(`sum ${z}_${to}`), number(sum)),
      ...(isLast
        ? []
        : [
            row(
              formula(`output ${h}_${to} = ${curveOf(this.#facts).value(`${z}_${to}`)}`),
              number(passes.layers[layer]!.h![unit]!),
            ),
          ]),
    ];
    return make(
      'div',
      '',
      make('h4', '', 'Its sum'),
      make('p', 'small', formula(`${z}_${to} = ${bias}_${to} + Σ_${from} ${input}_${from} ${weight}_{${from}${to}}`)),
      table('The sum of the unit', ['part', 'value'], rows),
    );
  }

  #largest({ weight, input, from, to }: Letters, terms: readonly Term[]): HTMLElement {
    const rows = terms.slice(0, SHOWN_TERMS).map(({ index, left, right, product }) => {
      return row(inputName(this.#facts, 0, index), number(left), number(right), number(product, signed));
    });
    return make(
      'div',
      '',
      make('h4', '', terms.length > SHOWN_TERMS ? `The largest of its ${terms.length} terms` : 'Its terms'),
      make('p', 'small', 'An input that is not 0 adds ', formula(`${input}_${from} ${weight}_{${from}${to}}`), '.'),
      table('Largest terms', ['input', input, weight, 'product'], rows),
    );
  }

  /** Which units raise the sum, and which lower it. */
  #sides({ weight, input, from, to }: Letters, layer: number, terms: readonly Term[]): HTMLElement[] {
    const list = (some: readonly Term[], caption: string) => {
      const rows = some.slice(0, SHOWN_UNITS).map(({ index, left, right, product }) => {
        const pick = () => this.#choose({ layer: layer - 1, unit: index });
        const name = button(inputName(this.#facts, layer, index), pick);
        name.classList.add('plain');
        return row(name, number(left), number(right), number(product, signed));
      });
      const added = formula(`${input}_${from} ${weight}_{${from}${to}}`);
      const says = make('p', 'small', 'A unit whose output is not 0 adds ', added, '.');
      return make('div', '', make('h4', '', caption), says, table(caption, ['unit', input, weight, 'product'], rows));
    };
    const [positive, negative] = [terms.filter((t) => t.product > 0), terms.filter((t) => t.product < 0)];
    return [
      list(positive, `${counted(positive.length, 'unit')} that ${positive.length === 1 ? 'raises' : 'raise'} it`),
      list(negative, `${counted(negative.length, 'unit')} that ${negative.length === 1 ? 'lowers' : 'lower'} it`),
    ];
  }

  #delta(letters: Letters, { layer, unit }: Place, passes: Passes, { outgoing }: Unit): HTMLElement {
    const layers = passes.layers.length;
    const { z, to, h } = letters;
    const next = lettersOf(layer + 1, layers);
    const at = indexBehind(letters, next);
    const above = passes.layers[layer + 1]!.delta;
    const terms = termsOf(outgoing, above);
    const total = terms.reduce((sum, { product }) => sum + product, 0);
    const { slope = [], delta } = passes.layers[layer]!;
    const isOff = canBeOff(this.#facts) && slope[unit] === 0;
    const isLastNext = layer + 1 === layers - 1;
    const nameOf = (j: number) => (isLastNext ? `output ${outputName(this.#facts, j)}` : `unit ${j}`);
    const rows = terms
      .slice(0, SHOWN_TERMS)
      .map(({ index, left, right, product }) =>
        row(nameOf(index), number(left), number(right), number(product, signed)),
      );
    const shown = terms.length > SHOWN_TERMS ? [row(`${terms.length - SHOWN_TERMS} more`, '', '', '')] : [];
    return make(
      'div',
      '',
      make('h4', '', 'Its δ: how the loss changes with its sum'),
      make(
        'p',
        'small',
        formula(`δ_${to} = ∂ℓ/∂${z}_${to} = f′(${z}_${to}) Σ_${at} ${next.weight}_{${to}${at}} δ_${at}`),
      ),
      table(
        'Terms of δ',
        [isLastNext ? 'output' : 'unit', next.weight, `δ of that ${isLastNext ? 'output' : 'unit'}`, 'product'],
        [...rows, ...shown],
      ),
      make(
        'p',
        'small',
        formula(`Σ = ∂ℓ/∂${h}_${to} = `),
        number(total),
        '; ',
        formula(`f′(${z}_${to}) = `),
        number(slope[unit]!),
        '; ',
        formula(`δ_${to} = `),
        number(delta[unit]!),
        isOff
          ? '. The unit is off: if its sum changes a little, its output is still 0, and the loss does not change. So δ is 0.'
          : `. If the sum rises by 0.01, the loss ${changeOf(0.01 * delta[unit]!)}.`,
      ),
    );
  }

  #gradient(
    { weight, bias, input, from, to }: Letters,
    { layer, unit }: Place,
    passes: Passes,
    inputs: readonly number[],
  ) {
    const d = passes.layers[layer]!.delta[unit]!;
    const count = inputs.filter((x) => x !== 0).length;
    const says =
      d === 0
        ? 'δ is 0, so the gradient of each weight is 0, too: the unit learns nothing from this sample.'
        : `A step changes each of the ${counted(count, 'weight')} whose input is not 0 by −η · input · δ (η: learning rate). ` +
          'The weights of inputs that are 0 do not change.';
    return make(
      'p',
      'small',
      'Gradient: ',
      formula(`∂ℓ/∂${weight}_{${from}${to}} = ${input}_${from} δ_${to},  ∂ℓ/∂${bias}_${to} = δ_${to} = `),
      number(d),
      `. ${says}`,
    );
  }
}

function changeOf(change: number): string {
  if (change === 0) return 'does not change';
  return `${change > 0 ? 'rises' : 'falls'} by about ${short(Math.abs(change))}`;
}
