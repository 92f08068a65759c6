/** Shows the derivation of docs/mathematics.md with the numbers of a network, on any page. */
import type { Facts, Passes } from '../../tools/explain/asks.js';
import { onSchemeChange } from './colors.js';
import { make, setText } from './elements.js';
import type { Answer } from './explain-answers.js';
import { BatchCard } from './explain-batch.js';
import { button, Chooser, labeled } from './explain-chooser.js';
import { Flow, type Place } from './explain-forward.js';
import { glossary, introduction } from './explain-glossary.js';
import { layerName } from './explain-letters.js';
import { Outputs } from './explain-outputs.js';
import { short } from './explain-pictures.js';
import { SoftmaxCard } from './explain-softmax.js';
import { StepCard, WeightCard } from './explain-step.js';
import { TaughtCard } from './explain-taught.js';
import { UnitCard } from './explain-unit.js';
import { WorkCard } from './explain-work.js';
import { whole } from './format.js';

const WITHOUT_WEIGHTS = 'The training weights samples or classes. This page does not: each sample counts once.';

export class ExplainView {
  readonly facts: Facts;
  readonly #answer: Answer;
  readonly #chooser: Chooser;
  readonly #flow: Flow;
  readonly #outputs: Outputs;
  readonly #unit: UnitCard;
  readonly #softmax: SoftmaxCard | undefined;
  readonly #weight: WeightCard;
  readonly #work: WorkCard;
  /** Of training samples, if they may be shown. */
  readonly #batch: BatchCard | undefined;
  readonly #step: StepCard | undefined;
  readonly #taught: TaughtCard | undefined;
  readonly #layer = make('select');
  readonly #number = make('input');
  readonly #status = make('p', 'status small');
  readonly #said = make('p', 'unseen');
  #passes: Passes | undefined;
  #place: Place | undefined;
  /** Answers to older questions are ignored. */
  #question = 0;

  /** @param root  is filled */
  static async open(root: HTMLElement, answer: Answer): Promise<ExplainView> {
    const facts = await answer({ ask: 'facts' });
    return new ExplainView(root, answer, facts);
  }

  private constructor(root: HTMLElement, answer: Answer, facts: Facts) {
    this.facts = facts;
    this.#answer = answer;
    const choose = (place: Place): void => void this.#choose(place);
    const last = facts.layers.length - 2;
    this.#chooser = new Chooser(facts, () => void this.refresh());
    this.#flow = new Flow(facts, choose);
    this.#outputs = new Outputs(facts, (unit) => choose({ layer: last, unit }));
    this.#weight = new WeightCard(facts, answer);
    this.#unit = new UnitCard(facts, choose, (input) => void this.#weight.check(input));
    this.#work = new WorkCard(facts);
    if (facts.samples.train > 0) {
      this.#batch = new BatchCard(facts, answer);
      this.#step = new StepCard(facts, answer);
      this.#taught = new TaughtCard(facts, answer, (index) => this.#chooser.showTraining(index));
    }
    this.#softmax = facts.classNames.length > 0 ? new SoftmaxCard(facts) : undefined;
    for (const element of [this.#status, this.#said]) element.setAttribute('aria-live', 'polite');
    root.replaceChildren(...this.#sections());
    onSchemeChange(() => {
      this.#batch?.draw();
      void this.#trying(() => this.#show());
    });
    void this.refresh();
  }

  /** Asks for the sample anew: with the present weights of a run. */
  async refresh(): Promise<void> {
    const chosen = this.#chooser.chosen;
    if (!chosen) {
      setText(this.#status, 'Nothing is drawn yet.');
      return;
    }
    const question = ++this.#question;
    await this.#trying(async () => {
      const isWithoutClass = this.#chooser.isWithoutClass;
      const passes = await this.#answer({ ask: 'passes', ...chosen });
      if (question !== this.#question) return;
      if (isWithoutClass) {
        this.#chooser.target = likeliest(passes.probabilities!);
        await this.refresh();
        return;
      }
      this.#passes = passes;
      this.#place ??= { layer: 0, unit: strongest(passes) };
      await this.#show();
    });
  }

  async #choose(place: Place): Promise<void> {
    this.#place = place;
    await this.#trying(() => this.#show());
  }

  async #show(): Promise<void> {
    const passes = this.#passes;
    const chosen = this.#chooser.chosen;
    const place = this.#place;
    if (!passes || !chosen || !place) return;
    const last = passes.layers.length - 1;
    this.#flow.show(passes, place);
    this.#outputs.show(passes, place.layer === last ? place.unit : undefined);
    const sample = JSON.stringify(chosen);
    this.#softmax?.show(passes, sample);
    this.#work.show(passes, sample);
    this.#weight.show(place, chosen, place.layer === 0 ? passes.inputs : passes.layers[place.layer - 1]!.h!);
    if (place.layer === 0) this.#batch?.show(place.unit);
    this.#taught?.show(chosen);
    this.#layer.value = String(place.layer);
    this.#number.value = String(place.unit);
    this.#number.max = String(this.facts.layers[place.layer + 1]! - 1);
    setText(this.#status, `${this.#chooser.name}: loss ${short(passes.loss)}`);
    const unit = await this.#answer({ ask: 'unit', ...place, ...chosen });
    if (passes !== this.#passes || place !== this.#place) return;
    if (unit.version !== passes.version) {
      await this.refresh();
      return;
    }
    this.#unit.show(place, passes, unit);
    const { z, delta } = passes.layers[place.layer]!;
    setText(this.#said, `unit ${place.unit}: sum ${short(z[place.unit]!)}, δ ${short(delta[place.unit]!)}`);
  }

  async #trying(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      setText(this.#status, error instanceof Error ? error.message : String(error));
    }
  }

  #sections(): HTMLElement[] {
    const { title, layers, parameters, activation, isLive, isWeighted } = this.facts;
    const activations = layers.length > 2 ? `${activation}, ` : '';
    const heading = `${title}: ${layers.join('-')}, ${activations}${whole(parameters)} parameters`;
    const { withoutTraining } = this.facts;
    const weighted = isWeighted ? [make('p', 'muted small', WITHOUT_WEIGHTS)] : [];
    const stages = make('div', 'stages', this.#flow.element, this.#outputs.element);
    const check = make('div', '', make('h3', '', 'Check of a gradient by finite differences'), this.#weight.element);
    const optional = (title: string, card: { readonly element: HTMLElement } | undefined) =>
      card ? [section(title, 'whole', card.element)] : [];
    return [
      section(
        'Choose a sample',
        'whole',
        make('p', 'muted', heading),
        this.#chooser.element,
        this.#state(isLive),
        ...weighted,
      ),
      section('One sample, forward and back', 'whole', introduction(this.facts), stages, glossary(this.facts)),
      section('One unit', 'whole', this.#unitChooser(), this.#unit.element, check),
      ...optional('Softmax in the hand', this.#softmax),
      ...optional('The gradient as an outer product', this.#batch),
      ...optional('What zeros save', this.#work),
      ...optional('One step, predicted and actual', this.#step),
      ...optional('Who taught it that?', this.#taught),
      ...(withoutTraining ? [make('p', 'muted', `Some parts are missing: ${withoutTraining}.`)] : []),
    ];
  }

  #state(isLive: boolean): HTMLElement {
    if (!isLive) return make('div', '', this.#status, this.#said);
    const renew = button('Use the present weights', () => void this.refresh());
    return make('div', 'buttons', renew, this.#status, this.#said);
  }

  /** Beside the grids, for screen readers and for exact numbers. */
  #unitChooser(): HTMLElement {
    const layers = this.facts.layers.length - 1;
    this.#layer.append(...Array.from({ length: layers }, (_, l) => new Option(layerName(l, layers), String(l))));
    this.#layer.addEventListener('change', () => void this.#choose({ layer: Number(this.#layer.value), unit: 0 }));
    Object.assign(this.#number, { type: 'number', min: '0', value: '0' });
    this.#number.addEventListener('change', () => {
      const layer = Number(this.#layer.value);
      const most = this.facts.layers[layer + 1]! - 1;
      void this.#choose({ layer, unit: Math.max(0, Math.min(most, Math.trunc(this.#number.valueAsNumber) || 0)) });
    });
    const hint = make('p', 'muted small', 'Or choose a cell of a grid, or an output, by mouse or keyboard.');
    return make('div', 'chooser', labeled('layer', this.#layer), labeled('unit', this.#number), hint);
  }
}

function section(title: string, classes: string, ...content: readonly Node[]): HTMLElement {
  const heading = make('h2', '', title);
  heading.id = `explain-${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;
  const element = make('section', `card ${classes}`, make('div', 'card-head', heading), ...content);
  element.setAttribute('aria-labelledby', heading.id);
  return element;
}

/** The first layer's unit with the largest output. */
function strongest({ layers }: Passes): number {
  const { h, z } = layers[0]!;
  return likeliest(h ?? z);
}

function likeliest(values: readonly number[]): number {
  return values.indexOf(values.reduce((most, value) => Math.max(most, value)));
}
