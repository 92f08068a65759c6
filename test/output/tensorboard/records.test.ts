/** The framing: checksums against published values, and records read by a reader that is not ours. */
import { describe, expect, it } from 'vitest';
import { encodeEvent } from '../../../src/output/tensorboard/event-proto.js';
import { crc32c, maskedCrc32c, tfRecord } from '../../../src/output/tensorboard/record.js';
import { readEvents } from '../../support/event-files.js';

describe('CRC-32C', () => {
  // RFC 3720, appendix B.4, and the catalogue's check value.
  it.each([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 ascending', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['32 descending', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['123456789', Buffer.from('123456789'), 0xe3069283],
    ['nothing', new Uint8Array(0), 0],
  ])('of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it('is masked as TFRecord has it', () => {
    // The first record of every TensorFlow event file of version 2 is 24 bytes long: its length, and that checksum.
    expect(maskedCrc32c(Uint8Array.of(24, 0, 0, 0, 0, 0, 0, 0))).toBe(0x224b7fa3);
  });
});

describe('records', () => {
  const events = [
    { wall_time: 1e9 + 0.25, step: 0, file_version: 'brain.Event:2' },
    { wall_time: 1.5, step: 2 ** 40 + 1, summary: [{ tag: 'loss/é', simple_value: 0.1 }] },
    { wall_time: 2, step: 3, isSessionStart: true },
  ];
  const bytes = Buffer.concat(events.map((event) => tfRecord(encodeEvent(event))));

  it('are what was written', () => {
    const { events: read, rest } = readEvents(bytes);
    expect(rest).toBe(0);
    expect(read.map(({ wallTime, step }) => [wallTime, step])).toEqual(
      events.map(({ wall_time, step }) => [wall_time, step]),
    );
    expect(read[0]).toMatchObject({ fileVersion: 'brain.Event:2', values: [] });
    expect(read[1]!.values).toMatchObject([{ tag: 'loss/é', scalar: Math.fround(0.1) }]);
    expect(read[2]).toMatchObject({ session: 1 });
  });

  it('are as many as are whole, wherever the file ends', () => {
    const ends = events.map((_, i) => tfRecord(encodeEvent(events[i]!)).length);
    for (let length = 0; length <= bytes.length; length++) {
      const whole = ends.filter((_, i) => ends.slice(0, i + 1).reduce((sum, each) => sum + each, 0) <= length).length;
      expect(readEvents(bytes.subarray(0, length)).events).toHaveLength(whole);
    }
  });
});
