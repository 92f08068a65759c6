/** Who taught it that? The training samples whose gradients pull most for and against the prediction of a sample. */
import type { Facts, Subjected, Taught, Teacher } from '../../tools/explain/asks.js';
import { make, setText } from './elements.js';
import type { Answer } from './explain-answers.js';
import { button } from './explain-chooser.js';
import { formula, outputName } from './explain-letters.js';
import { inOwnUnit, number, signed } from './explain-pictures.js';
import { counted, duration } from './format.js';
import { bytesOf, drawPixels } from './pictures.js';

/** Between two views of an unfinished search. */
const SHOW_MS = 700;

export class TaughtCard {
  readonly element = make('div', 'taught');
  readonly #facts: Facts;
  readonly #answer: Answer;
  readonly #pick: (index: number) => void;
  readonly #says = make('p', 'small');
  readonly #progress = make('progress');
  readonly #body = make('div', 'two');
  #subjected: Subjected | undefined;
  /** Changes when a search is to stop. */
  #search = 0;

  /** @param pick  shows a training sample */
  constructor(facts: Facts, answer: Answer, pick: (index: number) => void) {
    this.#facts = facts;
    this.#answer = answer;
    this.#pick = pick;
    const { train } = facts.samples;
    const factor = factorOf(facts.training);
    this.#says.setAttribute('aria-live', 'polite');
    this.#progress.hidden = true;
    this.#progress.setAttribute('aria-label', 'Search of the training samples');
    this.element.append(
      make(
        'p',
        'small',
        'Every training sample moves the weights so that its own loss falls. This can also lower the loss of the sample above, or ' +
          'raise it. If the two gradients point in similar directions, a step on the training sample helps; if they point in opposite ' +
          'directions, it harms. A step on training sample x changes the loss of the sample above, called x′, by about ',
        formula(`−${factor}∇ℓ(x′) · ∇ℓ(x) = −${factor}Σ_l (H′_l · H_l + 1)(δ′_l · δ_l)`),
        `. ∇ℓ(x) is the gradient of the loss of x: the list of all ∂ℓ/∂θ. The product · of two lists multiplies them entry by entry and adds ` +
          `up. The formula has the inputs H and δ of each layer l (with ′: those of x′; + 1: the bias, whose input is 1)${factor.includes('B') ? ` and B = ${facts.training.batchSize} samples in a batch` : ''} ` +
          '(TracIn, Pruthi et al. 2020). It is computed with the present weights: what a step on a training sample would do now, not what ' +
          'happened during training. The number below each sample is this change; negative: the step lowers the loss.',
      ),
      make(
        'div',
        'buttons',
        button('Search the training samples', () => void this.#find()),
        button('Stop', () => this.#stop()),
        make('span', 'muted small', `One pass over ${counted(train, 'training sample')}, on one core.`),
      ),
      this.#progress,
      this.#says,
      this.#body,
    );
  }

  /** Another sample: what was found is of the one before. */
  show(subjected: Subjected): void {
    if (JSON.stringify(this.#subjected) === JSON.stringify(subjected)) return;
    this.#subjected = subjected;
    this.#search++;
    this.#progress.hidden = true;
    setText(this.#says, '');
    this.#body.replaceChildren();
  }

  #stop(): void {
    this.#search++;
    this.#progress.hidden = true;
  }

  async #find(): Promise<void> {
    const search = ++this.#search;
    const subjected = this.#subjected;
    if (!subjected) return;
    try {
      for (let shownAt = Number.NEGATIVE_INFINITY; ; ) {
        const found = await this.#answer({ ask: 'taught', ...subjected });
        if (search !== this.#search) return;
        const isDone = found.done === found.of;
        if (!isDone && performance.now() - shownAt < SHOW_MS) continue;
        this.#show(found);
        shownAt = performance.now();
        if (isDone) return;
      }
    } catch (error) {
      setText(this.#says, error instanceof Error ? error.message : String(error));
    }
  }

  #show({ done, of, milliseconds, helpers, opponents }: Taught): void {
    const left = ((milliseconds / done) * (of - done)) / 1000;
    Object.assign(this.#progress, { hidden: done === of, max: of, value: done });
    const spent = `${duration(milliseconds / 1000)} of computing`;
    const rest = done === of ? spent : `about ${duration(left)} of computing left`;
    const frozen = this.#facts.isLive ? ' The weights are those of the beginning of the search.' : '';
    setText(this.#says, done === of ? `All ${counted(of, 'training sample')}: ${rest}.${frozen}` : `${rest}.${frozen}`);
    this.#body.replaceChildren(
      this.#list('Proponents: a step on one of these samples lowers the loss', helpers),
      this.#list('Opponents: a step on one of these samples raises the loss', opponents),
    );
  }

  #numbersOf({ targets = [] }: Teacher): HTMLElement[] {
    return targets.map((target, j) => {
      const { name, mean, deviation } = this.#facts.targets[j]!;
      return make('span', 'own-number', `${name} `, number(mean + deviation * target, inOwnUnit));
    });
  }

  #list(caption: string, teachers: readonly Teacher[]): HTMLElement {
    const items = teachers.map((teacher) => {
      const { index, influence, class: label } = teacher;
      const pick = button('', () => this.#pick(index));
      pick.classList.add('teacher');
      pick.title = `Show training sample ${index}`;
      const { picture } = this.#facts;
      if (teacher.pixels !== undefined && picture) {
        const canvas = make('canvas', 'pixels');
        drawPixels(canvas, bytesOf(teacher.pixels), picture);
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', `Training sample ${index}`);
        pick.append(canvas);
      } else pick.append(`training sample ${index}`);
      pick.append(
        make(
          'span',
          'small',
          ...(label === undefined ? this.#numbersOf(teacher) : [make('b', '', outputName(this.#facts, label)), ' ']),
        ),
      );
      // (How much the loss changes: the opposite of the product.)
      return make('li', '', pick, number(-influence, signed));
    });
    const none = items.length === 0 ? [make('p', 'muted small', 'None.')] : [];
    return make('div', '', make('h4', '', caption), make('ul', 'teachers', ...items), ...none);
  }
}

/** What src/tools/explain/teachers.ts multiplies the products by. */
function factorOf({ rate, reduction, batchSize }: Facts['training']): string {
  const eta = rate === undefined ? '' : 'η ';
  if (reduction !== 'mean' || batchSize === undefined) return eta;
  return rate === undefined ? '(1 / B) ' : '(η / B) ';
}
