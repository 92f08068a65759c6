/** The gradient as an outer product: a sample times δ of a unit, added up over a batch. */
import type { Batch, Facts } from '../../tools/explain/asks.js';
import { make, setText } from './elements.js';
import type { Answer } from './explain-answers.js';
import { button, labeled } from './explain-chooser.js';
import { formula, inputName, inText, layerName, lettersOf, outputName } from './explain-letters.js';
import { summedGradient, termsOf } from './explain-math.js';
import { colorsOf, figure, inkPicture, number, row, short, signedPicture, table } from './explain-pictures.js';
import { counted, whole } from './format.js';
import { bytesOf } from './pictures.js';

const SHOWN_INPUTS = 8;

export class BatchCard {
  readonly element = make('div', 'batch');
  readonly #facts: Facts;
  readonly #answer: Answer;
  readonly #first = make('input');
  readonly #slider = make('input');
  readonly #says = make('p', 'small');
  readonly #body = make('div');
  #unit = 0;
  #batch: (Omit<Batch, 'inputs'> & { readonly inputs: Float32Array; readonly unit: number }) | undefined;

  constructor(facts: Facts, answer: Answer) {
    this.#facts = facts;
    this.#answer = answer;
    const { weight, input, z, from, to } = lettersOf(0, facts.layers.length - 1);
    Object.assign(this.#first, { type: 'number', min: '0', max: String(facts.samples.train - 1), value: '0' });
    Object.assign(this.#slider, { type: 'range', min: '1', max: '1', value: '1', disabled: true });
    this.#slider.addEventListener('input', () => this.#draw());
    this.#first.addEventListener('change', () => void this.#load());
    this.#says.setAttribute('aria-live', 'polite');
    const one = formula(`∂ℓ_s/∂${weight}_{${from}${to}} = ${input}_{s${from}} δ_{s${to}}`);
    const all = (factor: string) =>
      formula(`∂L/∂${weight}_{${from}${to}} = ${factor}Σ_s ${input}_{s${from}} δ_{s${to}}`);
    const isPicture = facts.picture !== undefined;
    const hasHidden = facts.layers.length > 2;
    const units = hasHidden ? inText(layerName(0, facts.layers.length - 1)) : 'the outputs';
    const unit = hasHidden ? 'unit' : 'output';
    const isMean = facts.training.reduction === 'mean';
    this.element.append(
      make(
        'p',
        'small',
        `For one sample s, the gradient of all weights into ${units} is an outer product. Multiply every input by every δ and write the ` +
          `results in a table with a row for each input i and a column for each ${unit} ${to}. Each entry is the input times δ of the ` +
          `${unit}'s sum ${z}: `,
        one,
        `. All entries in a${hasHidden ? '' : 'n'} ${unit}'s column have the same δ. The column is therefore a copy of the sample, multiplied by one number, that δ.`,
        isPicture ? ' As an image, the copy is red if δ > 0, blue if δ < 0, and blank if δ = 0.' : '',
      ),
      make(
        'p',
        'small',
        'A batch is the training samples that make a step together. Its gradient is the sum of these copies',
        isMean ? ' divided by their number B, because L is the mean of their losses: ' : ': ',
        all(isMean ? '(1 / B) ' : ''),
        isPicture
          ? '. Move the slider to add up more samples: after a few, no single one can be recognized.'
          : '. Move the slider to add up more samples.',
      ),
      make(
        'div',
        'chooser',
        labeled('first training sample', this.#first),
        button('Take a batch', () => void this.#load()),
        labeled('samples added up', this.#slider),
      ),
      this.#says,
      this.#body,
    );
  }

  /** @param unit  of the first layer */
  show(unit: number): void {
    this.#unit = unit;
    if (this.#batch && this.#batch.unit !== unit) void this.#load();
  }

  async #load(): Promise<void> {
    const { samples, mostBatch } = this.#facts;
    const unit = this.#unit;
    const first = Math.max(0, Math.min(samples.train - 1, Math.trunc(this.#first.valueAsNumber) || 0));
    const count = Math.min(mostBatch, samples.train - first);
    this.#first.value = String(first);
    try {
      const { inputs, ...batch } = await this.#answer({ ask: 'batch', first, count, unit });
      this.#batch = { ...batch, inputs: new Float32Array(bytesOf(inputs).buffer), unit };
      this.#slider.max = String(count);
      this.#slider.disabled = false;
      this.#draw();
    } catch (error) {
      setText(this.#says, error instanceof Error ? error.message : String(error));
    }
  }

  draw(): void {
    if (this.#batch) this.#draw();
  }

  #draw(): void {
    const { inputs, deltas, first, factors, classes, unit } = this.#batch!;
    const count = this.#slider.valueAsNumber;
    const width = this.#facts.layers[0]!;
    const last = inputs.subarray((count - 1) * width, count * width);
    const delta = deltas[count - 1]!;
    const sum = summedGradient(inputs, deltas, count);
    const silent = deltas.slice(0, count).filter((each) => each === 0).length;
    const named = classes ? `, class ${outputName(this.#facts, classes[count - 1]!)}` : '';
    const none =
      silent === 0
        ? ''
        : ` For ${silent} of ${count === 1 ? 'this 1 sample' : `these ${count} samples`}, δ of this unit is 0: nothing is added.`;
    this.#says.replaceChildren(
      `Unit ${unit}. Sample ${count} of the batch is training sample ${first + count - 1}${named}; its δ is `,
      number(delta),
      `.${none}`,
    );
    const { picture } = this.#facts;
    this.#body.replaceChildren(
      picture ? this.#pictures(last, delta, sum, count, picture) : this.#table(last, delta, sum, count),
      this.#sizes(count, factors / deltas.length),
    );
  }

  #pictures(
    last: Float32Array,
    delta: number,
    sum: Float64Array,
    count: number,
    shape: NonNullable<Facts['picture']>,
  ): HTMLElement {
    const own = Array.from(last, (x) => x * delta);
    const images = make(
      'div',
      'row',
      figure(formula('X_s'), inkPicture(last, shape, `Sample ${count} of the batch`)),
      make('span', 'operator', `· ${short(delta)} =`),
      figure(
        count === 1 ? 'its gradient' : 'the gradient of this sample',
        signedPicture(own, shape, 'The sample times its δ: red positive, blue negative'),
      ),
      make('span', 'operator', '→'),
      figure(
        `sum of ${counted(count, 'sample')}`,
        signedPicture(sum, shape, `Sum of the gradients of ${count} samples`),
      ),
    );
    const says = `Red: positive. Blue: negative. Colors of this gradient: ${colorsOf(own)}. Colors of the sum: ${colorsOf(sum)}.`;
    return make('div', '', images, make('p', 'muted small', says));
  }

  #table(last: Float32Array, delta: number, sum: Float64Array, count: number): HTMLElement {
    const terms = termsOf(
      [...sum],
      [...sum].map(() => 1),
    ).slice(0, SHOWN_INPUTS);
    const rows = terms.map(({ index }) => {
      const own = last[index]! * delta;
      return row(inputName(this.#facts, 0, index), number(last[index]!), number(own), number(sum[index]!));
    });
    return table('Gradient of the unit', ['input', 'X', 'X δ', `sum of ${count}`], rows);
  }

  /** @param factors  of a sample */
  #sizes(count: number, factors: number): HTMLElement {
    const { parameters } = this.#facts;
    const sizes = table(
      'Size of the gradient',
      ['size, all layers', 'numbers'],
      [
        row(`factors of ${counted(count, 'sample')}: inputs and δ of each layer`, number(count * factors, whole)),
        row(`gradients of ${counted(count, 'sample')}, each written out`, number(count * parameters, whole)),
        row('sum of these gradients', number(parameters, whole)),
      ],
    );
    const why =
      'This program (Lockstep) keeps the two factors of each outer product, inputs and δ, and never writes out the gradient of a single sample.';
    return make('div', '', sizes, make('p', 'muted small', why));
  }
}
