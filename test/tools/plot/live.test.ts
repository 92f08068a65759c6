/** When a live picture is drawn: at once, again where it failed, and once for all that came meanwhile. */
import { expect, it } from 'vitest';
import { Live } from '../../../src/tools/plot/live.js';
import { until } from '../../support/until.js';

/** Drawings, of which those with these numbers fail; each takes until it is let go. */
function drawings(...failing: readonly number[]) {
  const begun: (() => void)[] = [];
  const live = new Live(async () => {
    await new Promise<void>((resolve) => begun.push(resolve));
    if (failing.includes(begun.length)) throw new Error(`drawing ${begun.length}`);
  }, 1);
  const finishDrawing = async (number: number) => {
    await until(() => begun.length >= number);
    begun[number - 1]!();
  };
  return { live, begun, finishDrawing };
}

it('what could not be drawn is drawn again, and nothing is said of it', async () => {
  const { live, begun, finishDrawing } = drawings(1, 2);
  live.changed();
  for (const number of [1, 2, 3]) await finishDrawing(number);
  await live.finish();
  expect(begun).toHaveLength(3);
});

it('what fails in the end is told', async () => {
  const { live, finishDrawing } = drawings(1, 2);
  live.changed();
  const finished = live.finish();
  void finishDrawing(1).then(() => finishDrawing(2));
  await expect(finished).rejects.toThrow('drawing 2');
});

it('what comes while one is drawn is drawn once, and what has been drawn is not drawn again', async () => {
  const { live, begun, finishDrawing } = drawings();
  for (let i = 0; i < 5; i++) live.changed();
  await finishDrawing(1);
  const finished = live.finish();
  void finishDrawing(2);
  await finished;
  expect(begun).toHaveLength(2);
});

it('without anything new nothing is drawn', async () => {
  const { live, begun } = drawings();
  await live.finish();
  expect(begun).toEqual([]);
});
