/** What is written is known to have left, or not: also the very last line. */
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Output } from '../../src/output/output.js';
import { END, EPOCH } from '../support/sample-events.js';

/** A stdout that takes its time, and fails at the chunk with this text. */
function stdoutThatFailsAt(text: string) {
  const written: string[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write: (chunk: Buffer, _encoding, done) => {
      setImmediate(() => {
        if (text !== '' && chunk.includes(text)) done(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
        else {
          written.push(chunk.toString());
          done();
        }
      });
    },
  });
  return { stdout: stream as unknown as NodeJS.WriteStream, written };
}

async function writeBoth(text: string) {
  const { stdout, written } = stdoutThatFailsAt(text);
  const errors: unknown[] = [];
  const output = new Output({
    stdout,
    stderr: process.stderr,
    format: 'ndjson',
    progress: false,
    onClosed: (error) => errors.push(error.code),
  });
  await output.write(EPOCH);
  await output.write(END);
  await output.flushed();
  return { errors, lines: written.join('').trim().split('\n') };
}

describe('Output', () => {
  it('has written everything once it is flushed', async () => {
    const { errors, lines } = await writeBoth('');
    expect(errors).toEqual([]);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([EPOCH, END]);
  });

  it.each(['"event":"epoch"', '"event":"end"'])('knows by then that %s could not be written', async (text) => {
    expect((await writeBoth(text)).errors).toEqual(['ENOSPC']);
  });
});
