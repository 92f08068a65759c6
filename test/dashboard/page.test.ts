/** The page in a real browser: it follows a run, by mouse and by keyboard alone, and nothing in it fails. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Dashboard } from '../../src/dashboard/index.js';
import type { EndEvent, EpochEvent, TrainEvent } from '../../src/metrics/events.js';
import { type TrainInput, train as trained } from '../../src/run/train.js';
import { drawSeven, findChromium, launchChromium } from '../support/browser.js';
import { collectFailed } from '../support/events.js';
import { temporaryFolder, writeDataset } from '../support/idx-files.js';
import { scratchWith } from '../support/scratch.js';

const executable = findChromium();
const scratch = scratchWith(5000, 1000);

describe.skipIf(executable === undefined)('the page in Chromium (skipped where there is none)', () => {
  const options = (): TrainInput => ({
    ...{ data: scratch.data, hidden: [50], epochs: 2, threads: 2 },
    ...{ lr: 0.004, schedule: 'cosine', validationSplit: 0.1 },
  });
  /** @param held  what the run waits for behind its first event */
  const train = async (given: TrainInput, held?: Promise<unknown>) => {
    const all: TrainEvent[] = [];
    for await (const event of trained({ ...given, ...dashboard.controls })) {
      dashboard.show(event);
      if (event.event === 'start') await held;
      all.push(event);
    }
    return { end: all.at(-1) as EndEvent, epochs: all.filter(({ event }) => event === 'epoch') as EpochEvent[] };
  };
  const isIn = (phase: string) => page.locator(`#state[data-phase="${phase}"]`).waitFor();
  const textOf = (selector: string) => page.locator(selector).textContent();
  const label = (id: string) => page.locator(`#${id}`).getAttribute('aria-label');
  /** What is drawn there. */
  const picture = (selector: string) => page.evaluate(`document.querySelector('${selector}').toDataURL()`);

  let browser: Browser;
  let dashboard: Dashboard;
  let page: Page;
  /** What the browser complains of. */
  let complaints: string[];
  async function newPage(): Promise<Page> {
    const opened = await browser.newPage({ reducedMotion: 'reduce' });
    opened.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    opened.on('pageerror', (error) => complaints.push(error.message));
    return opened;
  }
  /** Draws a 7, too. */
  async function useByKeyboard(): Promise<void> {
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
    expect(stops).toEqual(['skip', 'log', 'SUMMARY', 'pad-canvas', 'pad-undo', 'pad-clear', 'SUMMARY', 'BODY']);

    await press('Tab', 2);
    await press('Space');
    await expect.poll(() => page.locator('#log').getAttribute('aria-pressed')).toBe('true');
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
    await expect.poll(() => textOf('#pad-answer')).toMatch(/^7 \((> )?\d/);
    await expect.poll(() => textOf('#pad-pen')).toBe('pen up at column 14, row 22 of 28');
    await press('Backspace');
    await expect.poll(() => textOf('#pad-answer')).toBe('Nothing drawn yet.');
    expect(complaints).toEqual([]);
  }

  beforeAll(async () => {
    browser = await launchChromium(executable!);
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    complaints = [];
    dashboard = await Dashboard.open(0);
    page = await newPage();
  });
  afterEach(async () => {
    await page.close();
    await dashboard.close();
  });

  it('shows RMSE and R² of numbers, of images too, and no confusion matrix', async () => {
    const folder = temporaryFolder();
    try {
      writeDataset(folder, { train: { labels: Array.from({ length: 300 }, (_, i) => i % 2) } });
      const header = Buffer.from([0, 0, 0x0d, 1, 0, 0, 1, 44]);
      const numbers = Buffer.alloc(4 * 300);
      for (let i = 0; i < 300; i++) numbers.writeFloatBE(1000 + (i % 64), 4 * i);
      folder.write('train-labels-idx1-ubyte', Buffer.concat([header, numbers]));
      await page.goto(dashboard.url);
      const given: TrainInput = { data: folder.path, hidden: [8], lr: 0.05, reduction: 'mean', threads: 1 };
      const { epochs } = await train({ ...given, epochs: 3, validationSplit: 0.2, batchSize: 20 });
      await isIn('completed');
      const { train_rmse, validation_rmse } = epochs[2]!;
      const tile = (name: string) => page.locator('.tile', { has: page.getByText(name, { exact: true }) });
      const shown = (value: number) => String(Number(value.toPrecision(4)));
      await expect.poll(() => tile('training RMSE').locator('dd').textContent()).toBe(shown(train_rmse!));
      await expect.poll(() => tile('validation RMSE').locator('dd').textContent()).toBe(shown(validation_rmse!));
      expect(await tile('training error').isVisible()).toBe(false);
      expect(await textOf('#error-title')).toBe('RMSE');
      await expect
        .poll(() => label('error-chart'))
        .toBe(`RMSE by epoch; after epoch 3: training ${shown(train_rmse!)}, validation ${shown(validation_rmse!)}`);
      for (const card of ['confusion-card', 'pad-card']) expect(await page.locator(`#${card}`).isVisible()).toBe(false);
      await page.locator('#epochs-details summary').click();
      // Drawn when the browser gets round to it, as everything is that the page draws.
      await expect.poll(() => textOf('#epochs-table')).toContain('validation R²');
      expect(complaints).toEqual([]);
    } finally {
      folder.remove();
    }
  });

  it('shows the noise scale where it is measured, and no tile for it elsewhere', async () => {
    await page.goto(dashboard.url);
    const { epochs } = await train({ ...options(), limit: 600, noiseScale: true });
    await isIn('completed');
    const tile = page.locator('.tile', { has: page.getByText('noise scale', { exact: true }) });
    const shown = (value: number) => String(Number(value.toPrecision(4)));
    await expect.poll(() => tile.locator('dd').textContent()).toBe(shown(epochs.at(-1)!.noise_scale!));
    await page.locator('#epochs-details summary').click();
    await expect.poll(() => textOf('#epochs-table')).toContain(shown(epochs[0]!.grad_norm_mean!));
    expect(complaints).toEqual([]);
  });

  it('shows the most doubtful labels of an audit: pictures, and rows of a table; nothing without an audit', async () => {
    await page.goto(dashboard.url);
    await train({ ...options(), audit: true, limit: 500, epochs: 1 });
    await isIn('completed');
    await expect.poll(() => page.locator('#doubtful li canvas').count()).toBe(12);
    expect(await page.locator('#doubtful li').first().textContent()).toMatch(/^\d → \d.* %$/);
    await dashboard.close();

    dashboard = await Dashboard.open(0);
    await page.goto(dashboard.url);
    const rows = Array.from({ length: 30 }, (_, r) => ({
      a: r % 7,
      b: (r * r) % 5,
      tree: ['ash', 'elm'][(r >> 1) % 2]!,
    }));
    const table = { data: { rows, label: 'tree' }, testSplit: 0, hidden: [4], threads: 1 };
    await train({ ...table, epochs: 2, audit: true });
    await isIn('completed');
    await expect.poll(() => page.locator('#doubtful-rows tbody tr').count()).toBe(12);
    expect(await textOf('#doubtful-rows tbody tr:first-child')).toMatch(/^\d+(ash|elm)(ash|elm)\d.* %$/);
    expect(await textOf('#doubtful-note')).toContain('after epoch 2');
    await dashboard.close();

    dashboard = await Dashboard.open(0);
    await page.goto(dashboard.url);
    await train({ ...table, epochs: 1 });
    await isIn('completed');
    expect(await page.locator('#doubtful-card').isVisible()).toBe(false);
    expect(complaints.filter((text) => !/ERR_(CONNECTION|INCOMPLETE)/.test(text))).toEqual([]);
  });

  it('follows a run: curves grow, weights change, and a 7 that is drawn after two epochs is a 7; who comes late finds it whole, and can use it by keyboard alone', async () => {
    await page.goto(dashboard.url);
    await isIn('starting');
    // Held at its first event until the page has been looked at: it may be over sooner than the browser draws.
    const look = Promise.resolve().then(async () => {
      await isIn('running');
      await page.locator('#weights-card').waitFor();
    });
    const running = train(options(), look);
    await look;
    const before = { weights: await picture('#weights-canvas'), loss: await picture('#loss-chart canvas') };
    const { end, epochs } = await running;
    await isIn('completed');
    await page.locator('#confusion tbody tr').nth(9).waitFor();

    const { train_loss, validation_loss, lr } = epochs[1]!;
    await expect
      .poll(() => label('loss-chart'))
      .toContain(`after epoch 2: training ${train_loss!.toFixed(4)}, validation ${validation_loss!.toFixed(4)}, test `);
    await expect
      .poll(() => label('error-chart'))
      .toMatch(/after epoch 2: training \d+\.\d+ %, validation \d+\.\d+ %, test \d+\.\d+ %$/);
    expect(await page.locator('.tile.validation').first().isVisible()).toBe(true);
    expect(await textOf('#model')).toMatch(
      new RegExp(`learning rate 0\\.004, cosine, at ${String(Number(lr!.toPrecision(3)))}$`),
    );
    await expect.poll(() => picture('#loss-chart canvas')).not.toBe(before.loss);
    await expect.poll(() => picture('#weights-canvas')).not.toBe(before.weights);
    const right = async () => {
      const counts = await page.locator('#confusion tbody td.right').allTextContents();
      return counts.reduce((sum, count) => sum + Number(count), 0);
    };
    await expect.poll(right).toBe(Math.round(1000 * (1 - end.test_error!)));
    await expect.poll(() => page.locator('#hardest li').count()).toBe(12);
    await expect.poll(() => page.locator('#threads tbody tr').count()).toBe(2);
    await expect.poll(() => page.title()).toMatch(/^\d+\.?\d* % · completed · /);

    await drawSeven(page);
    await expect.poll(() => textOf('#pad-answer')).toMatch(/^7 \((> )?\d/);
    expect(await textOf('#pad-bars li.first .bar-name')).toBe('7');
    await page.getByRole('button', { name: 'Clear' }).click();
    await expect.poll(() => textOf('#pad-answer')).toBe('Nothing drawn yet.');
    expect(complaints).toEqual([]);

    await page.close();
    page = await newPage();
    await page.goto(dashboard.url);
    await isIn('completed');
    await useByKeyboard();
  });

  it('says when the connection is lost, finds another run at its place by itself, and tells why that failed', async () => {
    await page.goto(dashboard.url);
    await train({ ...options(), limit: 600 });
    await isIn('completed');
    const port = Number(new URL(dashboard.url).port);
    await dashboard.close();
    await isIn('lost');
    await expect.poll(() => textOf('#state-text')).toBe('connection lost');
    await expect.poll(() => textOf('#notice')).toMatch(/^The run is over, and the trainer has exited/);

    dashboard = await Dashboard.open(port);
    const data = temporaryFolder();
    writeDataset(data, { train: { labels: Array.from({ length: 23 }, (_, s) => s % 3), shape: [2, 3] } });
    const diverging: TrainInput = { data: data.path, hidden: [4], epochs: 50, batchSize: 5, threads: 1, lr: 1e30 };
    const { end } = await collectFailed({ ...diverging, ...dashboard.controls }, (event) => dashboard.show(event));
    data.remove();
    await isIn('failed');
    await expect.poll(() => textOf('#notice')).toBe(end.message);
    await expect.poll(() => textOf('#course-text')).toMatch(/^0 epochs in /);
    await expect.poll(() => label('loss-chart')).toContain('no epoch completed yet');
    // It is no picture, and has no samples held out.
    for (const id of ['skip', 'pad-card', 'weights-card', 'confusion-card', 'hardest-card']) {
      expect([id, await page.locator(`#${id}`).isVisible()]).toEqual([id, false]);
    }
    expect(
      complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED') && !text.includes('ERR_INCOMPLETE')),
    ).toEqual([]);
  });
});
