/** The page that explains a network, in a real browser: its numbers are those of the formulas, by mouse and by keyboard. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainDocument } from '../../src/dashboard/explain-document.js';
import { ExplainPage } from '../../src/dashboard/explain-page.js';
import { Dashboard } from '../../src/dashboard/index.js';
import { train } from '../../src/run/train.js';
import { Explainer } from '../../src/tools/explain/explainer.js';
import { findChromium, launchChromium } from '../support/browser.js';
import { collect } from '../support/events.js';
import { type Case, type Naive, naivePass, RandomSubject } from '../support/naive-network.js';
import { scratchWith } from '../support/scratch.js';
import { casesOf, inFull } from '../support/thoroughness.js';

const executable = findChromium();
const scratch = scratchWith(300, 100);
const SAMPLES = 5;
const CLASSES = 'Logits, probabilities and targets by class';

/** Whose inputs are an image. */
class Pictures extends RandomSubject {
  override get facts() {
    return { ...super.facts, picture: { height: 4, width: 4 } };
  }
}

describe.skipIf(executable === undefined)('the page that explains, in Chromium (skipped where there is none)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(executable!);
  });
  afterAll(() => browser.close());

  /** Opens the page, and fails on what the browser complains of. */
  async function withPage(url: string, use: (page: Page) => Promise<void>): Promise<void> {
    const page = await browser.newPage({ reducedMotion: 'reduce' });
    page.setDefaultTimeout(10_000);
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(url);
    await use(page);
    expect(complaints).toEqual([]);
    await page.close();
  }

  /** The numbers in full of the rows of a table, by the name of the row. */
  async function numbersIn(page: Page, caption: string): Promise<Record<string, number[]>> {
    return (await page.evaluate(`(() => {
      const table = [...document.querySelectorAll('table')].find((each) => each.caption?.textContent === '${caption}');
      if (!table) return {};
      const rows = [...table.tBodies[0].rows].map((row) =>
        [row.cells[0].textContent, [...row.querySelectorAll('data')].map(({ value }) => Number(value))]);
      return Object.fromEntries(rows);
    })()`)) as Record<string, number[]>;
  }

  const networks: [string, Case, new (given: Case, samples: number) => RandomSubject][] = [
    [
      'images and classes',
      { hidden: [6], inputs: 16, outputs: 3, objective: 'softmax-cross-entropy', seed: 4 },
      Pictures,
    ],
    [
      'numbers, two hidden layers',
      { hidden: [5, 4], inputs: 3, outputs: 2, objective: 'huber', seed: 5 },
      RandomSubject,
    ],
    [
      'a tanh layer, one number',
      { hidden: [6], inputs: 4, outputs: 1, objective: 'squared-error', seed: 7, activation: 'tanh' },
      RandomSubject,
    ],
    [
      'no hidden layer',
      { hidden: [], inputs: 6, outputs: 4, objective: 'softmax-cross-entropy', seed: 6 },
      RandomSubject,
    ],
  ];
  it.each(casesOf(networks, () => false))(
    `shows the numbers of the formulas: %s${inFull}`,
    async (_, given, Subject) => {
      const subject = new Subject(given, SAMPLES);
      const isOfClasses = subject.facts.classNames.length > 0;
      const captions = isOfClasses ? [CLASSES] : ['Estimates', 'Errors, standardized'];
      const served = await ExplainPage.open(0, subject);
      await withPage(served.url, async (page) => {
        for (const index of [0, 1]) {
          if (index > 0) await page.getByRole('button', { name: 'Next', exact: true }).click();
          const target = subject.sample('test', index).target;
          const naive = naivePass(subject.shape, subject.values, subject.sample('test', index));
          await expect
            .poll(() => page.locator('.status').textContent())
            .toMatch(new RegExp(`^test sample ${index}: loss`));
          const expected = isOfClasses
            ? [rowsOfClasses(naive, target[0]!)]
            : rowsOfNumbers(naive, Array.from(target), subject);
          for (const [i, caption] of captions.entries()) {
            await expect.poll(async () => differences(await numbersIn(page, caption), expected[i]!)).toEqual([]);
          }
        }
        if (subject.shape.activation !== 'relu') {
          expect(await page.locator('main').textContent()).not.toMatch(/\b(off|dark|relu)\b|> 0\]/i);
        }
        // A unit, by keyboard: the last of the first layer.
        const unit = subject.shape.layers[1]! - 1;
        await page.getByLabel('layer', { exact: true }).selectOption('0');
        await page.getByLabel('unit', { exact: true }).fill(String(unit));
        await page.getByLabel('unit', { exact: true }).press('Enter');
        const naive = naivePass(subject.shape, subject.values, subject.sample('test', 1));
        const sum = naive.z[0]![unit]!;
        await expect
          .poll(
            async () =>
              Object.entries(await numbersIn(page, 'The sum of the unit')).find(([name]) =>
                name.startsWith('sum'),
              )?.[1][0],
          )
          .toBeCloseTo(sum, 6);
      });
      await served.close();
    },
  );

  it('is whole in one file, which computes what the server does', async () => {
    const subject = new Pictures(
      { hidden: [7], inputs: 16, outputs: 3, objective: 'softmax-cross-entropy', seed: 9 },
      SAMPLES,
    );
    const file = scratch.newPath('explain.html');
    writeFileSync(file, explainDocument(subject));
    await withPage(pathToFileURL(file).href, async (page) => {
      await page.getByLabel('number', { exact: true }).fill('4');
      await page.getByLabel('number', { exact: true }).press('Enter');
      const naive = naivePass(subject.shape, subject.values, subject.sample('test', 4));
      const expected = rowsOfClasses(naive, subject.sample('test', 4).target[0]!);
      await expect.poll(async () => differences(await numbersIn(page, CLASSES), expected)).toEqual([]);
      for (const name of ['Take a batch', 'Try rates on a batch', 'Search the training samples', 'Check it']) {
        await page.getByRole('button', { name, exact: true }).click();
      }
      const found = await new Explainer(subject).answer({ ask: 'step', first: 0, count: SAMPLES });
      const step = async () => (await numbersIn(page, 'One step'))['actual change']?.[0];
      await expect.poll(step).toBeCloseTo(found.atRate!.loss! - found.loss, 9);
      await expect
        .poll(() => page.locator('.taught p').allTextContents())
        .toContainEqual(expect.stringMatching(/^All 5 /));
      // What is checked in two ways is the same.
      const weight = async () => {
        const rows = await numbersIn(page, 'Gradient of the weight');
        return Object.values(rows).slice(1, 3).flat();
      };
      await expect.poll(async () => (await weight()).length).toBe(2);
      const [gradient, difference] = await weight();
      expect(difference).toBeCloseTo(gradient!, 6);
    });
  });

  it('is a part of the page of a run, which it does not change', async () => {
    const options = { data: scratch.data, hidden: [12], epochs: 2, threads: 1 };
    const undisturbed = await collect(options);
    const dashboard = await Dashboard.open(0);
    await withPage(dashboard.url, async (page) => {
      let hash: string | undefined;
      for await (const event of train({ ...options, ...dashboard.controls })) {
        dashboard.show(event);
        if (event.event === 'start') {
          await page.locator('#explain-details summary').click();
          await page.locator('.unit-card h3').waitFor();
        }
        if (event.event === 'end') hash = event.weights_sha256;
      }
      expect(hash).toBe(undisturbed.end.weights_sha256);
      await page.getByLabel('sample', { exact: true }).selectOption('train');
      await expect.poll(() => page.locator('.status').textContent()).toMatch(/^training sample 0: loss/);
      // The arrow keys choose a unit.
      await page.locator('.unit-grid canvas').first().focus();
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => page.locator('.unit-card h3').textContent()).toMatch(/^Unit \d+ of the hidden layer$/);
    });
    await dashboard.close();
  });
});

function rowsOfClasses({ z, delta, outputs }: Naive, target: number): Record<string, number[]> {
  const last = z.at(-1)!;
  return Object.fromEntries(
    last.map((each, j) => [String(j), [each, outputs[j]!, Number(j === target), delta.at(-1)![j]!]]),
  );
}

function rowsOfNumbers(
  { z, delta }: Naive,
  t: readonly number[],
  { facts }: RandomSubject,
): Record<string, number[]>[] {
  const last = z.at(-1)!;
  const rows = (of: (j: number, mean: number, deviation: number) => number[]) =>
    Object.fromEntries(facts.targets.map(({ name, mean, deviation }, j) => [name, of(j, mean, deviation)]));
  return [
    rows((j, mean, deviation) => [mean + deviation * last[j]!, mean + deviation * t[j]!]),
    rows((j) => [last[j]!, t[j]!, last[j]! - t[j]!, delta.at(-1)![j]!]),
  ];
}

/** Rows that are missing, or whose numbers differ by more than 1e-6. */
function differences(found: Record<string, number[]>, expected: Record<string, number[]>): string[] {
  return Object.entries(expected).flatMap(([name, numbers]) => {
    const row = found[name];
    const isSame = row?.length === numbers.length && row.every((value, i) => Math.abs(value - numbers[i]!) < 1e-6);
    return isSame ? [] : [`${name}: ${row?.join(' ')} instead of ${numbers.join(' ')}`];
  });
}
