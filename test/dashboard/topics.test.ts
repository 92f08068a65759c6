/** Topics: a reader of any version gets what makes it the newest, and nothing is made that nobody reads. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListMessage } from '../../src/dashboard/messages.js';
import { grown } from '../../src/dashboard/page/grown.js';
import { Growing, Latest } from '../../src/dashboard/topics.js';

describe('a list that grows', () => {
  it('is the same for readers who come and go as they like, and never longer than it may be', () => {
    const most = 8;
    const reads = fc.array(fc.array(fc.nat({ max: 5 }), { minLength: 3, maxLength: 3 }), { maxLength: 100 });
    fc.assert(
      fc.property(reads, (rounds) => {
        const list = new Growing<number>('epochs', most);
        const readers = [0, 1, 2].map(() => ({ version: 0, items: [] as readonly number[] }));
        let next = 0;
        for (const round of rounds) {
          list.push(next++);
          for (const [r, reader] of readers.entries()) {
            if (round[r]! > r) continue;
            reader.items = grown(reader.items, JSON.parse(list.text(reader.version)) as ListMessage<number>);
            reader.version = list.version;
          }
        }
        const whole = (JSON.parse(list.text(0)) as ListMessage<number>).items;
        expect(whole.length).toBeLessThanOrEqual(most);
        expect(whole.at(-1)).toBe(next === 0 ? undefined : next - 1);
        expect([...whole].sort((a, b) => a - b)).toEqual(whole);
        for (const reader of readers) {
          if (reader.version === 0) continue;
          expect(grown(reader.items, JSON.parse(list.text(reader.version)) as ListMessage<number>)).toEqual(whole);
        }
      }),
    );
  });
});

describe('a topic that is told as a whole', () => {
  it('is made once a version, and only if it is read', () => {
    let made = 0;
    const topic = new Latest('progress', () => {
      made++;
      return { epoch: 1, epochs: 1, step: 0, stepsPerEpoch: 1, loss: 0, error: 0, samplesPerSecond: 0, secondsLeft: 0 };
    });
    expect(topic.version).toBe(0);
    for (let i = 0; i < 5; i++) topic.changed();
    expect(made).toBe(0);
    expect(topic.text()).toBe(topic.text());
    expect(made).toBe(1);
    topic.changed();
    topic.text();
    expect(made).toBe(2);
  });
});
