/** NDJSON: every line is one event again, and what JSON cannot hold never gets that far. */
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EpochEvent, StartEvent, StepEvent, TrainEvent } from '../../src/metrics/events.js';
import { ndjsonLines, requirePlain } from '../../src/output/ndjson.js';
import { refusalOf } from '../support/refusals.js';
import { CHECKPOINT, END, EPOCH, START, STEP, WARNING } from '../support/sample-events.js';

async function linesOf(events: readonly TrainEvent[]): Promise<string[]> {
  const stream = ndjsonLines();
  for (const event of events) {
    requirePlain(event);
    stream.write(event);
  }
  stream.end();
  const lines = (await text(stream)).split(/\r?\n/);
  expect(lines.pop()).toBe('');
  return lines;
}

describe('ndjsonLines', () => {
  it('writes one event a line, each of which is that event again', async () => {
    const events = [START, STEP, EPOCH, END];
    const lines = await linesOf(events);
    expect(lines.map((line) => JSON.parse(line))).toEqual(events);
  });

  it('keeps the order of the fields: the event first', async () => {
    expect(await linesOf([STEP])).toEqual([
      '{"event":"step","epoch":1,"step":100,"loss":2.25,"error":0.875,"seconds":0.5}',
    ]);
  });

  it('gives every finite number back to the last bit', async () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
    await fc.assert(
      fc.asyncProperty(fc.array(finite, { maxLength: 5 }), async (losses) => {
        const lines = await linesOf(losses.map((loss): StepEvent => ({ ...STEP, loss })));
        expect(lines.map((line) => (JSON.parse(line) as StepEvent).loss)).toEqual(losses);
      }),
    );
  });

  it('keeps any text on its line, newlines and all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (data) => {
        const event: StartEvent = { ...START, config: { ...START.config, data: `${data}\n\r\u2028${data}` } };
        const lines = await linesOf([event, event]);
        expect(lines).toHaveLength(2);
        expect(lines.map((line) => JSON.parse(line))).toEqual([event, event]);
      }),
    );
  });
});

describe('requirePlain', () => {
  it.each([START, STEP, EPOCH, CHECKPOINT, WARNING, END])('accepts an event as it should be: $event', (event) => {
    expect(() => requirePlain(event)).not.toThrow();
  });

  it.each([
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [undefined, 'undefined'],
    [7n, '7n'],
    [Symbol('s'), 'Symbol(s)'],
    [Math.abs, '[Function: abs]'],
  ])('refuses %s and names the field', async (value, shown) => {
    const event = { ...EPOCH, train_loss: value } as unknown as EpochEvent;
    const { message, status } = await refusalOf(() => requirePlain(event));
    expect(message).toBe(`event "epoch": field train_loss is ${shown}; expected a JSON value`);
    expect(status).toBe(1);
  });

  it.each([Number.NaN, undefined])('refuses %s in a field that may be absent, if it is there', async (value) => {
    const event = { ...EPOCH, test_loss: value } as unknown as EpochEvent;
    expect((await refusalOf(() => requirePlain(event))).message).toContain(`field test_loss is ${value};`);
  });

  it('names fields within fields', async () => {
    const inObject: StartEvent = { ...START, dataset: { ...START.dataset, density: Number.NaN } };
    expect((await refusalOf(() => requirePlain(inObject))).message).toContain('field dataset.density is NaN;');
    const inArray: StartEvent = { ...START, model: { ...START.model, layers: [784, Number.NaN, 10] } };
    expect((await refusalOf(() => requirePlain(inArray))).message).toContain('field model.layers.1 is NaN;');
  });

  it('lets pass whatever comes back from JSON as it was, and of plain values nothing else', () => {
    const value = fc.oneof(fc.jsonValue(), fc.double(), fc.constantFrom(undefined, Number.NaN, 1n));
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), value), (fields) => {
        const event = { ...fields, event: 'step' } as unknown as TrainEvent;
        const isPlain = Object.values(fields).every((x) => x === null || typeof x !== 'number' || Number.isFinite(x));
        const holdsAll = Object.values(fields).every((x) => x !== undefined && typeof x !== 'bigint');
        if (isPlain && holdsAll) expect(() => requirePlain(event)).not.toThrow();
        else expect(() => requirePlain(event)).toThrow(/^event "step": field /);
      }),
    );
  });
});
