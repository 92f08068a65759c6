/** Answers the questions of pages about a network: docs/explain.md. */
import type { RunView } from '../run/view.js';
import type { Explainer } from '../tools/explain/explainer.js';
import { MOST_PARAMETERS, parametersOf, type Subject, type SubjectFacts } from '../tools/explain/subject.js';
import { Budget } from './budget.js';
import { LiveSubject } from './live-subject.js';
import type { Answerer } from './server.js';

/** Maximum answers per second. */
const MOST_A_SECOND = 40;
/** Questions that wait for others: a page asks a few at once. */
const MOST_WAITING = 12;
/** Of a question without the pixels of a drawing. */
const QUESTION_BYTES = 500;

export class Questions implements Answerer {
  readonly #budget = new Budget(MOST_A_SECOND);
  #subject: Subject | undefined;
  #waiting = 0;
  #live: LiveSubject | undefined;
  #explainer: Promise<Explainer> | undefined;

  /** @param subject  without one: call `watch` */
  constructor(subject?: Subject) {
    this.#subject = subject;
  }

  /** Does nothing if the network is too large. */
  watch(view: RunView, title: string): void {
    if (parametersOf(view.layers) > MOST_PARAMETERS) return;
    this.#live = new LiveSubject(view, title);
    this.#subject = this.#live;
    this.#explainer = undefined;
  }

  set hardest(hardest: SubjectFacts['hardest']) {
    if (this.#live) this.#live.hardest = hardest;
  }

  /** The weights no longer change. */
  finish(): void {
    void this.#explainer?.then((explainer) => explainer.outdate());
    if (this.#live) this.#live.isLive = false;
  }

  get mostBytes(): number | undefined {
    if (!this.#subject) return undefined;
    return QUESTION_BYTES + 4 * Math.ceil(this.#subject.shape.layers[0]! / 3);
  }

  async answer(ask: unknown): Promise<object | undefined> {
    const subject = this.#subject;
    if (!subject || this.#waiting >= MOST_WAITING || !this.#budget.take()) return undefined;
    // Most runs are not asked: they do not load the code.
    this.#explainer ??= import('../tools/explain/explainer.js').then(({ Explainer }) => new Explainer(subject));
    this.#waiting++;
    try {
      return await (await this.#explainer).answer(ask);
    } finally {
      this.#waiting--;
    }
  }
}
