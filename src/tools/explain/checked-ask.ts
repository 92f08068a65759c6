/** Questions come from a browser: nothing in them is trusted. */
import type { Ask, BatchRef, Facts, SampleRef, Split, Subjected } from './asks.js';
import { fromBase64 } from './base64.js';
import { SPLITS } from './subject.js';

export const NOT_FINITE = 'the network computes no finite numbers for this sample';

/** A question that cannot be answered, and why. */
export class BadAsk extends Error {}

/** @throws BadAsk if it is no question about this network */
export function checkedAsk(given: unknown, facts: Facts): Ask {
  const ask = fieldsIn(given, 'a question');
  switch (ask.ask) {
    case 'facts':
      return { ask: 'facts' };
    case 'passes':
      return { ask: 'passes', ...subjectedIn(ask, facts) };
    case 'unit': {
      const layer = layerIn(ask, facts);
      return { ask: 'unit', layer, unit: unitIn(ask, facts, layer), ...subjectedIn(ask, facts) };
    }
    case 'weight': {
      const layer = layerIn(ask, facts);
      // (The last input is the bias.)
      const input = wholeIn(ask.input, 'input', facts.layers[layer]! + 1);
      return { ask: 'weight', layer, input, unit: unitIn(ask, facts, layer), ...subjectedIn(ask, facts) };
    }
    case 'batch':
      return { ask: 'batch', unit: unitIn(ask, facts, 0), ...batchIn(ask, facts) };
    case 'step':
      return { ask: 'step', ...batchIn(ask, facts) };
    case 'taught':
      requireTraining(facts);
      return { ask: 'taught', ...subjectedIn(ask, facts) };
    default:
      throw new BadAsk('unknown question');
  }
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsIn(given: unknown, what: string): Fields {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new BadAsk(`expected ${what}`);
  return given as Fields;
}

/** From 0. */
function wholeIn(value: unknown, name: string, end: number): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) < end) return value as number;
  throw new BadAsk(end > 0 ? `${name}: expected a whole number from 0 to ${end - 1}` : `${name}: there is none`);
}

function layerIn({ layer }: Fields, { layers }: Facts): number {
  return wholeIn(layer, 'layer', layers.length - 1);
}

function unitIn({ unit }: Fields, { layers }: Facts, layer: number): number {
  return wholeIn(unit, 'unit', layers[layer + 1]!);
}

function subjectedIn({ sample, target }: Fields, facts: Facts): Subjected {
  const ref = sampleIn(fieldsIn(sample, 'a sample'), facts);
  if (target === undefined && !('pixels' in ref)) return { sample: ref };
  // (A drawing has no class: the page names one.)
  return { sample: ref, target: wholeIn(target, 'target', facts.classNames.length) };
}

function sampleIn({ split, index, pixels }: Fields, facts: Facts): SampleRef {
  if (pixels !== undefined) return { pixels: pixelsIn(pixels, facts) };
  if (!SPLITS.includes(split as Split)) throw new BadAsk('split: expected train, validation or test');
  return { split: split as Split, index: wholeIn(index, 'index', facts.samples[split as Split]) };
}

function pixelsIn(pixels: unknown, { picture, layers }: Facts): string {
  if (!picture) throw new BadAsk('pixels: the inputs are not an image');
  try {
    if (typeof pixels === 'string' && fromBase64(pixels).length === layers[0]) return pixels;
  } catch {
    // Not base64.
  }
  throw new BadAsk(`pixels: expected ${layers[0]} bytes in base64, one per pixel`);
}

function batchIn({ first, count }: Fields, facts: Facts): BatchRef {
  requireTraining(facts);
  const { train } = facts.samples;
  const from = wholeIn(first, 'first', train);
  if (count === 0) throw new BadAsk('count: expected at least 1');
  return { first: from, count: wholeIn(count, 'count', Math.min(facts.mostBatch, train - from) + 1) };
}

function requireTraining({ samples, withoutTraining }: Facts): void {
  if (samples.train === 0) throw new BadAsk(withoutTraining ?? 'there are no training samples');
}
