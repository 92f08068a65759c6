/**
 * The training samples whose gradients pull most for and against the prediction of a sample: the first-order effect of a step on
 * each alone (TracIn, Pruthi et al. 2020), at the present weights. The product of two gradients follows from their factors:
 *
 *   ∇ℓ(x′) · ∇ℓ(x) = Σ_l (H′_l · H_l + 1)(δ′_l · δ_l)
 */
import type { Taught, Teacher } from './asks.js';
import { toBase64 } from './base64.js';
import type { Derivation } from './derivation.js';
import type { Subject } from './subject.js';

/** Samples of each kind. */
const SHOWN = 12;
/** How long a question may compute: a run's events wait for it, or a page of its own. */
const LIVE_SLICE_MS = 40;
const SLICE_MS = 100;
/** Samples that are run at once. */
export const AT_ONCE = 10;

interface Factors {
  /** H_l */
  readonly inputs: Float64Array;
  /** δ_l */
  readonly delta: Float64Array;
}

export class Teachers {
  readonly #subject: Subject;
  readonly #factors: readonly Factors[];
  readonly #scale: number;
  readonly #all: Teacher[] = [];
  #done = 0;
  #milliseconds = 0;

  /** @param now  has run the sample back */
  constructor(now: Derivation, subject: Subject) {
    this.#subject = subject;
    this.#factors = factorsOf(now);
    const { rate = 1, reduction, batchSize = 1 } = subject.facts.training;
    this.#scale = reduction === 'mean' ? rate / batchSize : rate;
  }

  get isDone(): boolean {
    return this.#done === this.#subject.facts.samples.train;
  }

  /** Continues for a while. @param now  has the same weights as at the beginning */
  goOn(now: Derivation): Omit<Taught, 'version'> {
    const { samples, isLive } = this.#subject.facts;
    const { train } = samples;
    const slice = isLive ? LIVE_SLICE_MS : SLICE_MS;
    const from = performance.now();
    while (this.#done < train && performance.now() - from < slice) {
      const count = Math.min(AT_ONCE, now.most, train - this.#done);
      now.run(Array.from({ length: count }, (_, s) => this.#subject.sample('train', this.#done + s)));
      for (let s = 0; s < count; s++) this.#add(this.#done + s, productsWith(now, s, this.#factors));
      this.#done += count;
    }
    this.#keepMost();
    this.#milliseconds += performance.now() - from;
    const order = [...this.#all].sort((a, b) => b.influence - a.influence);
    const shown = (some: readonly Teacher[]) => some.slice(0, SHOWN).map((each) => this.#described(each));
    return {
      ...{ done: this.#done, of: train, milliseconds: this.#milliseconds },
      helpers: shown(order.filter(({ influence }) => influence > 0)),
      opponents: shown(order.filter(({ influence }) => influence < 0).reverse()),
    };
  }

  #add(index: number, products: readonly number[]): void {
    const byLayer = products.map((product) => this.#scale * product);
    const influence = byLayer.reduce((sum, each) => sum + each, 0);
    if (Number.isFinite(influence)) this.#all.push({ index, byLayer, influence });
  }

  /** Forgets those that will not be shown. */
  #keepMost(): void {
    this.#all.sort((a, b) => b.influence - a.influence);
    if (this.#all.length > 2 * SHOWN) this.#all.splice(SHOWN, this.#all.length - 2 * SHOWN);
  }

  #described(teacher: Teacher): Teacher {
    const { picture, classNames } = this.#subject.facts;
    const { inputs, target } = this.#subject.sample('train', teacher.index);
    return {
      ...teacher,
      ...(classNames.length > 0 ? { class: target[0]! } : { targets: Array.from(target) }),
      ...(picture && { pixels: toBase64(Uint8Array.from(inputs, (x) => Math.round(255 * x))) }),
    };
  }
}

export function factorsOf(now: Derivation, s = 0): Factors[] {
  return now.layers.map((_, l) => ({ inputs: now.inputs(l, s), delta: now.delta(l, s).slice() }));
}

/** By layer: the product of the gradients of the sample in a slot and of another. */
function productsWith(now: Derivation, s: number, others: readonly Factors[]): number[] {
  return others.map(({ inputs, delta }, l) => {
    let ofInputs = 1;
    now.forEachInput(l, s, (i, x) => {
      ofInputs += x * inputs[i]!;
    });
    let ofDeltas = 0;
    const own = now.delta(l, s);
    for (let j = 0; j < own.length; j++) ofDeltas += own[j]! * delta[j]!;
    return ofInputs * ofDeltas;
  });
}
