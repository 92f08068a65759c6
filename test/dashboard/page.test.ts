/** The page in a real browser: it follows a run, by mouse and by keyboard alone, and nothing in it fails. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Dashboard } from '../../src/dashboard/index.js';
import type { TrainOptions } from '../../src/options.js';
import { drawSeven, findChromium, launchChromium } from '../support/browser.js';
import { collect } from '../support/events.js';
import { temporaryFolder, writeDataset } from '../support/idx-files.js';
import { scratchWith } from '../support/scratch.js';

const executable = findChromium();
const scratch = scratchWith(10_000, 1000);

describe.skipIf(executable === undefined)('the page in Chromium (skipped where there is none)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(executable!);
  });
  afterAll(() => browser.close());

  let dashboard: Dashboard;
  let page: Page;
  /** What the browser complains of. */
  let complaints: string[];
  beforeEach(async () => {
    dashboard = await Dashboard.open(0);
    page = await browser.newPage();
    complaints = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(dashboard.url);
  });
  afterEach(async () => {
    await page.close();
    await dashboard.close();
  });

  const options = (): TrainOptions => ({ data: scratch.data, hidden: [100], epochs: 2, threads: 2 });
  const train = (given: TrainOptions, shown = dashboard) =>
    collect({ ...given, ...shown.controls }, (event) => shown.show(event));
  const state = () => page.locator('#state-text').textContent();
  const isIn = (phase: string) => page.locator(`#state[data-phase="${phase}"]`).waitFor();
  const label = (id: string) => page.locator(`#${id}`).getAttribute('aria-label');
  /** What is drawn there. */
  const picture = (selector: string) => page.evaluate(`document.querySelector('${selector}').toDataURL()`);

  it('follows a run: curves grow, weights change, and a 7 that is drawn after two epochs is a 7', async () => {
    await isIn('starting');
    const running = train(options());
    await isIn('running');
    await page.locator('#weights-card').waitFor();
    const before = { weights: await picture('#weights-canvas'), loss: await picture('#loss-chart canvas') };
    const { end, epochs } = await running;
    await isIn('completed');
    await page.locator('#confusion tbody tr').nth(9).waitFor();

    expect(await label('loss-chart')).toContain(`after epoch 2: training ${epochs[1]!.train_loss.toFixed(4)}, test `);
    expect(await label('error-chart')).toMatch(/after epoch 2: training \d+\.\d+ %, test \d+\.\d+ %$/);
    expect(await picture('#loss-chart canvas')).not.toBe(before.loss);
    await expect.poll(() => picture('#weights-canvas')).not.toBe(before.weights);
    const counts = await page.locator('#confusion tbody td.right').allTextContents();
    const right = counts.reduce((sum, count) => sum + Number(count), 0);
    expect(right).toBe(Math.round(1000 * (1 - end.test_error!)));
    expect(await page.locator('#hardest li').count()).toBe(12);
    expect(await page.locator('#threads tbody tr').count()).toBe(2);
    expect(await page.title()).toMatch(/^\d+\.?\d* % · completed · /);

    await drawSeven(page);
    await expect.poll(() => page.locator('#pad-answer').textContent()).toMatch(/^7 \((> )?\d/);
    expect(await page.locator('#pad-bars li.first .bar-name').textContent()).toBe('7');
    await page.getByRole('button', { name: 'Clear' }).click();
    await expect.poll(() => page.locator('#pad-answer').textContent()).toBe('Nothing is drawn yet.');
    expect(complaints).toEqual([]);
  });

  it('can be used by keyboard alone', async () => {
    await train({ ...options(), limit: 5000 });
    await isIn('completed');
    const focused = () => page.evaluate('document.activeElement.id || document.activeElement.tagName');
    const press = async (key: string, times = 1) => {
      for (let i = 0; i < times; i++) await page.keyboard.press(key);
    };
    // Everything that can be focused, once round.
    await press('Tab');
    const stops = [await focused()];
    for (let i = 0; i < 20 && stops.at(-1) !== 'BODY'; i++) {
      await press('Tab');
      stops.push(await focused());
    }
    expect(stops).toEqual(['skip', 'log', 'SUMMARY', 'pad-canvas', 'pad-undo', 'pad-clear', 'BODY']);

    await press('Tab', 2);
    await press('Space');
    expect(await page.locator('#log').getAttribute('aria-pressed')).toBe('true');
    await press('Tab');
    await press('Enter');
    await expect.poll(() => page.locator('#epochs-table tbody tr').count()).toBe(2);

    await page.locator('.skip').focus();
    await press('Enter');
    expect(await focused()).toBe('pad-canvas');
    await press('ArrowLeft', 5);
    await press('Space');
    await press('ArrowRight', 10);
    for (let i = 0; i < 5; i++) {
      await press('ArrowDown', 3);
      await press('ArrowLeft');
    }
    await press('Space');
    await expect.poll(() => page.locator('#pad-answer').textContent()).toMatch(/^7 \((> )?\d/);
    expect(await page.locator('#pad-pen').textContent()).toBe('pen up at column 14, row 22 of 28');
    await press('Backspace');
    await expect.poll(() => page.locator('#pad-answer').textContent()).toBe('Nothing is drawn yet.');
    expect(complaints).toEqual([]);
  });

  it('says when the connection is lost, and finds another run at its place by itself', async () => {
    const small = { ...options(), hidden: [10], limit: 500 };
    await train({ ...small, epochs: 3 });
    await isIn('completed');
    const port = Number(new URL(dashboard.url).port);
    await dashboard.close();
    await isIn('lost');
    expect(await state()).toBe('connection lost');
    expect(await page.locator('#notice').textContent()).toMatch(/^The run is over, and its program has been closed/);

    dashboard = await Dashboard.open(port);
    await train({ ...small, epochs: 1 });
    await isIn('completed');
    expect(await page.locator('#notice').isVisible()).toBe(false);
    expect(await page.locator('#course-text').textContent()).toMatch(/^1 epoch in /);
    await expect.poll(() => label('loss-chart')).toContain('after epoch 1:');
    expect(
      complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED') && !text.includes('ERR_INCOMPLETE')),
    ).toEqual([]);
  });

  it('tells why a run failed, and has no pad for what is no picture', async () => {
    const data = temporaryFolder();
    writeDataset(data, { train: { labels: Array.from({ length: 23 }, (_, s) => s % 3), shape: [2, 3] } });
    const { end } = await train({ data: data.path, hidden: [4], epochs: 50, batchSize: 5, threads: 1, lr: 1e30 });
    data.remove();
    await isIn('failed');
    expect(await page.locator('#notice').textContent()).toBe(end.message);
    for (const id of ['skip', 'pad-card', 'weights-card', 'confusion-card', 'hardest-card']) {
      expect([id, await page.locator(`#${id}`).isVisible()]).toEqual([id, false]);
    }
    expect(complaints).toEqual([]);
  });
});
