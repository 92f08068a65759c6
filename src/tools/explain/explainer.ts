/** Answers the questions of the page about a network and its data. */
import { scaledPixels } from '../../data/scaled-pixels.js';
import { type Activation, activationNamed } from '../../kernels/activations.js';
import type { Answers, Ask, Batch, Facts, LayerPass, Passes, Step, Subjected, Unit, WeightCheck } from './asks.js';
import { fromBase64, toBase64 } from './base64.js';
import { BadAsk, checkedAsk, NOT_FINITE } from './checked-ask.js';
import { Derivation, type Given } from './derivation.js';
import { lossesAlong } from './loss-along.js';
import { Searches } from './searches.js';
import { parametersOf, type Subject } from './subject.js';

/** Copies of a run's weights are renewed when they are older. */
const FRESH_MS = 1000;
/** Samples of a batch; fewer if a layer is wide, which limits the memory to a few ten megabytes. */
const MOST_BATCH = 100;
const MOST_NUMBERS = 4_000_000;
/** Relative to a weight's size; the difference's error is about its square. */
const NUDGE = 1e-5;
const NEAR_0 = 1e-9;

export class Explainer {
  readonly #subject: Subject;
  readonly #mostBatch: number;
  #derivation: Derivation | undefined;
  #version = 0;
  #copiedAt = Number.NEGATIVE_INFINITY;
  #isOutdated = false;
  readonly #searches: Searches;
  /** Questions are answered one after the other: they share the memory. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(subject: Subject) {
    this.#subject = subject;
    this.#searches = new Searches(subject);
    this.#mostBatch = Math.max(1, Math.min(MOST_BATCH, Math.floor(MOST_NUMBERS / Math.max(...subject.shape.layers))));
  }

  get facts(): Facts {
    const { shape, facts } = this.#subject;
    const { layers, activation, objective } = shape;
    return {
      ...facts,
      version: this.#version,
      layers,
      parameters: parametersOf(layers),
      activation,
      objective,
      mostBatch: this.#mostBatch,
    };
  }

  /**
   * @param given  anything
   * @throws BadAsk if it is no question, or the weights are no finite numbers
   */
  answer<Name extends keyof Answers>(given: { readonly ask: Name } & Ask): Promise<Answers[Name]>;
  answer(given: unknown): Promise<Answers[keyof Answers]>;
  answer(given: unknown): Promise<Answers[keyof Answers]> {
    const answer = this.#last.then(() => this.#answer(checkedAsk(given, this.facts)));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** The copy of the weights is old, however young it is: they have changed for the last time. */
  outdate(): void {
    this.#copiedAt = Number.NEGATIVE_INFINITY;
    this.#isOutdated = true;
  }

  async #answer(ask: Ask): Promise<Answers[keyof Answers]> {
    const isFirst = this.#derivation === undefined;
    const isRenewing = ask.ask === 'facts' || ask.ask === 'passes';
    if (isFirst || (isRenewing && (this.#isOutdated || this.#subject.facts.isLive))) this.#renew();
    switch (ask.ask) {
      case 'facts':
        return this.facts;
      case 'passes':
        return this.#passes(ask);
      case 'unit':
        return this.#unit(ask);
      case 'weight':
        return this.#checkWeight(ask);
      case 'batch':
        return this.#batch(ask);
      case 'step':
        return await this.#step(ask);
      case 'taught':
        return this.#taught(ask);
    }
  }

  /** Copies the weights, unless the copy is fresh. */
  #renew(): void {
    const now = performance.now();
    if (now - this.#copiedAt < FRESH_MS) return;
    this.#derivation ??= new Derivation(this.#subject.shape, this.#mostBatch);
    this.#derivation.setParameters(this.#subject.parameters());
    this.#copiedAt = now;
    this.#isOutdated = false;
    this.#version++;
  }

  get #now(): Derivation {
    return this.#derivation!;
  }

  #passes(subjected: Subjected): Passes {
    const { given, isOwnTarget } = this.#given(subjected);
    const now = this.#run([given]);
    const { classNames } = this.#subject.facts;
    const isOfClasses = classNames.length > 0;
    const target = given.target[0]!;
    return {
      version: this.#version,
      inputs: [...now.inputs(0)],
      isOwnTarget,
      ...(isOfClasses && { target, probabilities: [...now.probabilities()] }),
      targets: isOfClasses ? classNames.map((_, j) => Number(j === target)) : Array.from(given.target),
      layers: now.layers.map((_, l) => this.#layerPass(l)),
      loss: now.loss(),
    };
  }

  #layerPass(l: number): LayerPass {
    const now = this.#now;
    const { inputs, outputs } = now.layers[l]!;
    const active = now.active(l) * outputs;
    const all = inputs * outputs;
    const isLast = l === now.layers.length - 1;
    return {
      z: [...now.z(l)],
      ...(!isLast && this.#activated(now.z(l), now.inputs(l + 1))),
      delta: [...now.delta(l)],
      work: {
        ...{ forward: active, allForward: all },
        ...{ backward: l === 0 ? 0 : active, allBackward: l === 0 ? 0 : all },
        ...{ gradient: active, allGradient: all },
      },
    };
  }

  #activated(z: Float64Array, h: Float64Array): Pick<LayerPass, 'h' | 'slope'> {
    const { slope } = activationNamed(this.#subject.shape.activation);
    return { h: [...h], slope: Array.from(h, (each, j) => slope(z[j]!, each)) };
  }

  #unit({ layer, unit }: { readonly layer: number; readonly unit: number }): Unit {
    const now = this.#now;
    const weights = now.weightsInto(layer, unit);
    const isLast = layer === now.layers.length - 1;
    return {
      version: this.#version,
      weights: [...weights.subarray(0, -1)],
      bias: weights.at(-1)!,
      outgoing: isLast ? [] : [...now.weightsFrom(layer + 1, unit)],
    };
  }

  #checkWeight({ layer, input, unit, ...subjected }: Extract<Ask, { ask: 'weight' }>): WeightCheck {
    const now = this.#run([this.#given(subjected).given]);
    const h = input < now.layers[layer]!.inputs ? now.inputs(layer)[input]! : 1;
    const gradient = h * now.delta(layer)[unit]!;
    const weight = now.weightsInto(layer, unit)[input]!;
    const epsilon = NUDGE * Math.max(1, Math.abs(weight));
    const at = (by: number) =>
      now.nudged(layer, input, unit, by, () => {
        now.again(true);
        return { loss: now.loss(), z: now.layers.slice(0, -1).map((_, l) => now.z(l).slice()) };
      });
    const [above, below] = [at(epsilon), at(-epsilon)];
    const hasKink = isKinked(activationNamed(this.#subject.shape.activation));
    const kinks = hasKink
      ? above.z.flatMap((z, l) => [...z].filter((each, j) => each > 0 !== below.z[l]![j]! > 0)).length
      : 0;
    return {
      version: this.#version,
      ...{ weight, gradient, epsilon, kinks },
      difference: (above.loss - below.loss) / (2 * epsilon),
      ...{ lossAbove: above.loss, lossBelow: below.loss },
    };
  }

  #batch({ first, count, unit }: Extract<Ask, { ask: 'batch' }>): Batch {
    const samples = this.#samples(first, count);
    const now = this.#run(samples);
    const inputs = this.#subject.shape.layers[0]!;
    const values = new Float32Array(count * inputs);
    for (const [s, given] of samples.entries()) values.set(given.inputs, s * inputs);
    const isOfClasses = this.#subject.facts.classNames.length > 0;
    return {
      version: this.#version,
      first,
      inputs: toBase64(values),
      deltas: samples.map((_, s) => now.delta(0, s)[unit]!),
      ...(isOfClasses && { classes: samples.map(({ target }) => target[0]!) }),
      factors: count * now.layers.reduce((sum, layer) => sum + layer.inputs + layer.outputs, 0),
    };
  }

  async #step({ first, count }: Extract<Ask, { ask: 'step' }>): Promise<Step> {
    const now = this.#run(this.#samples(first, count));
    const { rate, reduction = 'sum' } = this.#subject.facts.training;
    return { version: this.#version, ...(await lossesAlong(now, reduction, rate)) };
  }

  #taught(ask: Subjected): Answers['taught'] {
    return this.#searches.goOn(ask, this.#given(ask).given, this.#now, this.#version);
  }

  #run(samples: readonly Given[]): Derivation {
    this.#now.run(samples);
    if (samples.every((_, s) => Number.isFinite(this.#now.loss(s)))) return this.#now;
    throw new BadAsk(NOT_FINITE);
  }

  #samples(first: number, count: number): Given[] {
    return Array.from({ length: count }, (_, s) => this.#subject.sample('train', first + s));
  }

  #given({ sample, target }: Subjected): { readonly given: Given; readonly isOwnTarget: boolean } {
    if ('pixels' in sample) {
      const inputs = scaledPixels(fromBase64(sample.pixels));
      return { given: { inputs, target: [target!] }, isOwnTarget: false };
    }
    const own = this.#subject.sample(sample.split, sample.index);
    if (target === undefined || target === own.target[0]) return { given: own, isOwnTarget: true };
    return { given: { ...own, target: [target] }, isOwnTarget: false };
  }
}

/** Whether f′ jumps at 0. */
function isKinked({ value, slope }: Activation): boolean {
  const at = (z: number) => slope(z, value(z));
  return Math.abs(at(NEAR_0) - at(-NEAR_0)) > 1e-3;
}
