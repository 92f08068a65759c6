/** A network and some of its samples as JSON, for a page of their own. */
import { SCALED, scaledPixels } from '../../data/scaled-pixels.js';
import type { Split } from './asks.js';
import { fromBase64, toBase64 } from './base64.js';
import type { Given, NetworkShape } from './derivation.js';
import { SPLITS, type Subject, type SubjectFacts } from './subject.js';

export interface Embedded {
  readonly shape: NetworkShape;
  readonly facts: SubjectFacts;
  /** (parameters) base64 of float32. */
  readonly values: string;
  readonly samples: Readonly<Record<Split, EmbeddedSamples>>;
}

interface EmbeddedSamples {
  /** (samples, inputs) base64 of pixels, one byte each, or of float32. */
  readonly inputs: string;
  readonly isPixels: boolean;
  readonly targets: readonly (readonly number[])[];
}

/** Samples of each kind, at most, and the numbers that they may have together. */
const MOST_SAMPLES = { train: 500, validation: 100, test: 100 } as const;
const MOST_NUMBERS = 400_000;

/** Copies the network, the first samples of each kind, and the hardest. */
export function embed(subject: Subject): Embedded {
  const { shape, facts } = subject;
  const room = Math.max(1, Math.floor(MOST_NUMBERS / shape.layers[0]!));
  const numbers = Object.fromEntries(
    SPLITS.map((split) => {
      const first = Array.from({ length: Math.min(MOST_SAMPLES[split], room, facts.samples[split]) }, (_, i) => i);
      const hard = facts.hardest?.split === split ? facts.hardest.indices.slice(0, room) : [];
      return [split, [...new Set([...first, ...hard])]];
    }),
  ) as Record<Split, number[]>;
  const { hardest } = facts;
  return {
    shape,
    facts: {
      ...facts,
      samples: { train: numbers.train.length, validation: numbers.validation.length, test: numbers.test.length },
      numbers,
      ...(hardest && {
        hardest: {
          split: hardest.split,
          indices: hardest.indices.slice(0, room).map((index) => numbers[hardest.split].indexOf(index)),
        },
      }),
    },
    values: toBase64(subject.parameters()),
    samples: {
      train: embedSamples(subject, 'train', numbers.train),
      validation: embedSamples(subject, 'validation', numbers.validation),
      test: embedSamples(subject, 'test', numbers.test),
    },
  };
}

function embedSamples(subject: Subject, split: Split, indices: readonly number[]): EmbeddedSamples {
  const width = subject.shape.layers[0]!;
  const values = new Float32Array(indices.length * width);
  const targets = indices.map((index, s) => {
    const { inputs, target } = subject.sample(split, index);
    values.set(inputs, s * width);
    return Array.from(target);
  });
  const bytes = Uint8Array.from(values, (x) => Math.round(255 * x));
  const isPixels = subject.facts.picture !== undefined && values.every((x, i) => SCALED[bytes[i]!] === x);
  return { inputs: toBase64(isPixels ? bytes : values), isPixels, targets };
}

export class EmbeddedSubject implements Subject {
  readonly shape: NetworkShape;
  readonly facts: SubjectFacts;
  readonly #values: Float32Array;
  readonly #samples: Readonly<Record<Split, readonly Given[]>>;

  constructor({ shape, facts, values, samples }: Embedded) {
    const samplesOf = (split: Split) => givenIn(samples[split], shape.layers[0]!);
    this.shape = shape;
    this.facts = facts;
    this.#values = new Float32Array(fromBase64(values).buffer);
    this.#samples = { train: samplesOf('train'), validation: samplesOf('validation'), test: samplesOf('test') };
  }

  parameters(): Float32Array {
    return this.#values;
  }

  sample(split: Split, index: number): Given {
    return this.#samples[split][index]!;
  }
}

function givenIn({ inputs, isPixels, targets }: EmbeddedSamples, width: number): Given[] {
  const bytes = fromBase64(inputs);
  const values = isPixels ? scaledPixels(bytes) : new Float32Array(bytes.buffer);
  return targets.map((target, s) => ({ inputs: values.subarray(s * width, (s + 1) * width), target }));
}
