/** One step, predicted and actual: the loss of a batch along −gradient, and the gradient of one weight by differences. */
import type { Facts, Step, Subjected, WeightCheck } from '../../tools/explain/asks.js';
import { make, setText } from './elements.js';
import type { Answer } from './explain-answers.js';
import { button, labeled } from './explain-chooser.js';
import type { Place } from './explain-forward.js';
import { formula, inputName, lettersOf } from './explain-letters.js';
import { number, row, short, table } from './explain-pictures.js';
import { counted } from './format.js';

/** Size of the chart, in its own units. */
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [560, 260, 72, 30];
/** The digits to which a formula and a difference quotient must agree and, near 0, the allowed difference, which rounding of the losses causes. */
const [LEAST_DIGITS, ROUNDING] = [3, 1e-8];
const SVG = 'http://www.w3.org/2000/svg';

export class StepCard {
  readonly element = make('div', 'step');
  readonly #facts: Facts;
  readonly #answer: Answer;
  readonly #first = make('input');
  readonly #says = make('p', 'small');
  readonly #body = make('div', 'two');

  constructor(facts: Facts, answer: Answer) {
    this.#facts = facts;
    this.#answer = answer;
    Object.assign(this.#first, { type: 'number', min: '0', max: String(facts.samples.train - 1), value: '0' });
    this.#says.setAttribute('aria-live', 'polite');
    this.element.append(
      make(
        'p',
        'small',
        'A batch is the training samples that make a step together. Gradient descent moves every weight and bias θ against its gradient: ',
        formula('θ ← θ − η ∂L/∂θ'),
        '. The gradient predicts how much this changes the loss of the batch: by ',
        formula('−η Σ_θ (∂L/∂θ)^2'),
        ', a straight line (first order). The solid curve is the actual loss after such a step.',
      ),
      make(
        'p',
        'small',
        'For a small η, the two agree. But the gradient was computed where the step starts. Further along, the slope is different: ' +
          'usually flatter, then zero at the minimum, then uphill. A step that is too long goes past the minimum, and can make the loss larger ' +
          'than it was.',
      ),
      make(
        'div',
        'chooser',
        labeled('first training sample', this.#first),
        button('Try rates on a batch', () => void this.#try()),
      ),
      this.#says,
      this.#body,
    );
  }

  /** How the training differs from a plain step. */
  #otherwise(): string {
    const { optimizer = 'sgd', momentum = 0, schedule = 'constant', differences = [] } = this.#facts.training;
    const name = optimizer === 'sgd' && momentum > 0 ? `sgd with momentum ${short(momentum)}` : optimizer;
    const step = name === 'sgd' ? '' : ` The training itself used ${name}, not the plain gradient.`;
    const rate = schedule === 'constant' ? '' : ` η is the rate before the schedule (${schedule}).`;
    const others =
      differences.length === 0
        ? ''
        : ` The training also used the following, which this step leaves out: ${differences.join(', ')}.`;
    return `${step}${rate}${others}`;
  }

  async #try(): Promise<void> {
    const { samples, mostBatch, training } = this.#facts;
    const first = Math.max(0, Math.min(samples.train - 1, Math.trunc(this.#first.valueAsNumber) || 0));
    const most = Math.min(mostBatch, training.batchSize ?? mostBatch);
    const count = Math.min(most, samples.train - first);
    this.#first.value = String(first);
    setText(this.#says, 'Computing …');
    try {
      this.#show(await this.#answer({ ask: 'step', first, count }), count);
    } catch (error) {
      setText(this.#says, error instanceof Error ? error.message : String(error));
    }
  }

  #show(step: Step, count: number): void {
    const { loss, squaredNorm, atRate, reduction, rates, losses } = step;
    const kind = reduction === 'sum' ? 'sum' : 'mean';
    setText(this.#says, `L is the ${kind} of the losses of ${counted(count, 'sample')}.${this.#otherwise()}`);
    const compared = atRate
      ? [
          row(formula('rate of the run η'), number(atRate.rate)),
          row('predicted change', number(-atRate.rate * squaredNorm)),
          row('actual change', atRate.loss === null ? 'not finite' : number(atRate.loss - loss)),
        ]
      : [];
    const rows = rates.map((rate, i) =>
      row(number(rate), losses[i] == null ? 'not finite' : number(losses[i]!), number(loss - rate * squaredNorm)),
    );
    this.#body.replaceChildren(
      make('div', '', chartOf(step), legend()),
      make(
        'div',
        '',
        table(
          'One step',
          ['', ''],
          [row('L now', number(loss)), row(formula('Σ_θ (∂L/∂θ)^2'), number(squaredNorm)), ...compared],
        ),
        make(
          'details',
          'small',
          make('summary', '', 'All points of the curve'),
          table('Loss by rate', ['rate', 'loss', 'first order'], rows),
        ),
      ),
    );
  }
}

/** The gradient of one weight of the unit on show. */
export class WeightCard {
  readonly element = make('div', 'weight-check');
  readonly #facts: Facts;
  readonly #answer: Answer;
  readonly #input = make('input');
  readonly #name = make('span', 'muted');
  readonly #body = make('div');
  #place: Place | undefined;
  #subjected: Subjected | undefined;
  #isChosen = false;

  constructor(facts: Facts, answer: Answer) {
    this.#facts = facts;
    this.#answer = answer;
    Object.assign(this.#input, { type: 'number', min: '0', value: '0' });
    this.#input.addEventListener('change', () => void this.check(this.#input.valueAsNumber));
    this.#body.setAttribute('aria-live', 'polite');
    this.element.append(
      make(
        'p',
        'small',
        'Is the formula right? The page moves one weight w of the unit up and down by ε, computes the loss both times, and divides ' +
          `the difference by 2ε. ${facts.picture ? 'Click a weight in the image of weights, or enter' : 'Enter'} the number of its input.`,
      ),
      make(
        'div',
        'chooser',
        labeled('weight from input', this.#input),
        this.#name,
        button('Check it', () => void this.check(this.#input.valueAsNumber)),
      ),
      this.#body,
    );
  }

  /** @param inputs  of the unit: unless a weight was chosen, that of the largest is proposed */
  show(place: Place, subjected: Subjected, inputs: readonly number[]): void {
    if (place.layer !== this.#place?.layer) this.#isChosen = false;
    if (!this.#isChosen) this.#input.value = String(inputs.indexOf(Math.max(...inputs)));
    this.#place = place;
    this.#subjected = subjected;
    this.#input.max = String(this.#facts.layers[place.layer]! - 1);
    this.#body.replaceChildren();
    this.#showName();
  }

  async check(given: number): Promise<void> {
    if (!this.#place || !this.#subjected) return;
    const { layer, unit } = this.#place;
    const last = this.#facts.layers[layer]! - 1;
    const input = Math.max(0, Math.min(last, Math.trunc(given) || 0));
    this.#isChosen = true;
    this.#input.value = String(input);
    this.#showName();
    const { input: x, weight, from, to } = lettersOf(layer, this.#facts.layers.length - 1);
    try {
      const found = await this.#answer({ ask: 'weight', layer, input, unit, ...this.#subjected });
      const kinks = `The sums of ${counted(found.kinks, 'hidden unit')} change sign in between, where the loss has a kink: the two may differ.`;
      this.#body.replaceChildren(
        table(
          'Gradient of the weight',
          ['', ''],
          [
            row(formula(`weight ${weight}_{${from}${to}}`), number(found.weight)),
            row(formula(`${x}_${from} δ_${to}`), number(found.gradient)),
            row(formula('(ℓ(w + ε) − ℓ(w − ε)) / 2ε'), number(found.difference)),
            row(formula('ℓ(w + ε)'), number(found.lossAbove, precise)),
            row(formula('ℓ(w − ε)'), number(found.lossBelow, precise)),
            row(formula('ε'), number(found.epsilon)),
          ],
        ),
        make('p', 'small', verdictOf(found)),
        ...(found.kinks > 0 ? [make('p', 'small', kinks)] : []),
      );
    } catch (error) {
      this.#body.replaceChildren(error instanceof Error ? error.message : String(error));
    }
  }

  #showName(): void {
    const { layer = 0 } = this.#place ?? {};
    setText(this.#name, inputName(this.#facts, layer, Number(this.#input.value)));
  }
}

function verdictOf({ gradient, difference }: WeightCheck): string {
  const apart = Math.abs(gradient - difference);
  if (apart === 0) return gradient === 0 ? 'Both are 0: they agree.' : 'The product and the difference are equal.';
  const digits = Math.floor(-Math.log10(apart / Math.max(Math.abs(gradient), Math.abs(difference))));
  if (digits >= LEAST_DIGITS) return `The product and the difference agree to about ${digits} digits.`;
  const agree = apart < ROUNDING ? 'agree to within' : 'differ by';
  return `The product and the difference ${agree} ${short(apart)}.`;
}

function precise(value: number): string {
  return value.toPrecision(12).replaceAll('-', '−');
}

function legend(): HTMLElement {
  const item = (kind: string, name: string) => make('span', '', make('span', `line ${kind}`), name);
  return make('p', 'muted small step-legend', item('real', 'actual loss'), item('foretold', 'first order'));
}

function chartOf({ loss, squaredNorm, rates, losses, atRate }: Step): SVGElement {
  const end = rates.at(-1)!;
  const finite = losses.filter((each) => each !== null);
  const [low, high] = rangeOf(loss, finite, loss - end * squaredNorm);
  const x = (rate: number) => LEFT + ((WIDTH - LEFT - 10) * rate) / end;
  const y = (value: number) => 10 + ((HEIGHT - BOTTOM - 10) * (high - value)) / (high - low || 1);
  const svg = draw('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', class: 'step-chart' });
  svg.setAttribute(
    'aria-label',
    `Loss of the batch by learning rate, from ${short(loss)} at rate 0 to ${losses.at(-1) == null ? 'no finite number' : short(losses.at(-1)!)} at rate ${short(end)}`,
  );
  const points = rates.flatMap((rate, i) => {
    const value = losses[i];
    return value != null && value <= high ? [`${x(rate).toFixed(1)},${y(value).toFixed(1)}`] : [];
  });
  // The line ends where it meets the bottom.
  const zero = squaredNorm > 0 ? Math.min(end, (loss - low) / squaredNorm) : end;
  svg.append(
    draw('line', { x1: LEFT, y1: y(low), x2: WIDTH - 10, y2: y(low), class: 'axis' }),
    draw('line', { x1: LEFT, y1: 10, x2: LEFT, y2: y(low), class: 'axis' }),
    draw('line', { x1: x(0), y1: y(loss), x2: x(zero), y2: y(loss - zero * squaredNorm), class: 'foretold' }),
    draw('polyline', { points: points.join(' '), class: 'real' }),
    text(LEFT - 6, y(loss) + 4, short(loss), 'end'),
    text(LEFT - 6, y(low), short(low), 'end'),
    text(WIDTH - 10, HEIGHT - 8, `rate ${short(end)}`, 'end'),
  );
  if (atRate) {
    svg.append(
      draw('line', { x1: x(atRate.rate), y1: 10, x2: x(atRate.rate), y2: y(low), class: 'rate' }),
      text(x(atRate.rate), HEIGHT - 8, `η = ${short(atRate.rate)}`, 'middle'),
    );
  }
  return svg;
}

/** Of the losses on the chart: those of the curve, and of the line as far as it is near them. */
function rangeOf(loss: number, losses: readonly number[], lineEnd: number): [low: number, high: number] {
  const least = Math.min(loss, ...losses);
  const high = Math.max(loss, Math.min(Math.max(...losses), 2 * loss));
  const low = Math.min(least, Math.max(lineEnd, least - (high - least || loss)));
  const margin = (high - low) * 0.08 || 1;
  return [low - margin, high + margin];
}

function text(x: number, y: number, content: string, anchor: string): SVGElement {
  const element = draw('text', { x, y, 'text-anchor': anchor });
  element.textContent = content;
  return element;
}

function draw(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
