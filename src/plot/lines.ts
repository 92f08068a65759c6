/** A stream's lines, as they come. */
import type { Readable } from 'node:stream';

/**
 * No line is lost, however slow the consumer is. (node:readline's own iterator loses some where the input ends meanwhile.)
 *
 * @throws the stream's error
 */
export async function* linesOf(stream: Readable): AsyncGenerator<string, void, undefined> {
  let rest: string[] = [];
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = String(chunk).split('\n');
    const last = lines.pop()!;
    if (lines.length > 0) {
      lines[0] = `${rest.join('')}${lines[0]}`;
      rest = [];
      yield* lines;
    }
    rest.push(last);
  }
  const last = rest.join('');
  if (last !== '') yield last;
}
