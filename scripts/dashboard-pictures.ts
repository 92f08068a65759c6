/**
 * Takes pictures of the live page, in each of its states, light and dark, wide and as a phone has it, to be looked at; and the
 * one of docs/dashboard.md.
 *
 *   npm run build && node dist/scripts/dashboard-pictures.js [folder]
 *
 * It needs Chromium, and takes about a minute. The pictures are made anew by every run, and differ: machines are not equally fast.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { TrainOptions } from '../src/config/options.js';
import { Dashboard } from '../src/dashboard/index.js';
import type { TrainEvent } from '../src/metrics/events.js';
import { train } from '../src/run/train.js';
import { drawSeven, findChromium, launchChromium } from '../test/support/browser.js';
import { withFewColors } from './support/few-colors.js';

// From dist/scripts/ to the repository's root.
const figure = path.join(import.meta.dirname, '../../docs/figures/dashboard.png');
const [, , given, ...more] = process.argv;
if (given?.startsWith('-') || more.length > 0) {
  console.error('node dist/scripts/dashboard-pictures.js [folder]');
  process.exit(2);
}
const folder = given ?? path.join(tmpdir(), 'lockstep-dashboard');
mkdirSync(folder, { recursive: true });

const executable = findChromium();
if (executable === undefined) throw new Error('no Chromium was found; install one, or name it in CHROMIUM');
const browser = await launchChromium(executable);

const WIDE = { width: 1360, height: 960 };
const PHONE = { width: 390, height: 844 };
const VIEWS = [
  { name: 'light', viewport: WIDE, colorScheme: 'light', deviceScaleFactor: 1 },
  { name: 'dark', viewport: WIDE, colorScheme: 'dark', deviceScaleFactor: 1 },
  { name: 'tablet', viewport: { width: 900, height: 1100 }, colorScheme: 'light', deviceScaleFactor: 1 },
  { name: 'phone', viewport: PHONE, colorScheme: 'dark', deviceScaleFactor: 2 },
] as const;

let dashboard = await Dashboard.open(0);
const pages = new Map<string, Page>();
for (const { name, ...view } of VIEWS) {
  const page = await browser.newPage(view);
  page.on('pageerror', (error) => console.error(`${name}: ${error.message}`));
  await page.goto(dashboard.url);
  pages.set(name, page);
}
const light = pages.get('light')!;

async function take(state: string): Promise<void> {
  for (const [name, page] of pages) {
    await page.screenshot({ path: path.join(folder, `${state}-${name}.png`), fullPage: true });
  }
  console.error(state);
}

async function run(
  options: TrainOptions,
  onEvent: (event: TrainEvent) => Promise<void> = async () => undefined,
): Promise<void> {
  const stop = new AbortController();
  for await (const event of train({ hidden: [200], ...options, signal: stop.signal, ...dashboard.controls })) {
    dashboard.show(event);
    await onEvent(event);
    if (event.event === 'epoch' && event.epoch === 3 && options.epochs === 1000) stop.abort();
  }
}

const settled = (phase: string) =>
  Promise.all([...pages.values()].map((page) => page.locator(`#state[data-phase="${phase}"]`).waitFor()));

try {
  await settled('starting');
  await take('1-starting');
  await run({ epochs: 8, validationSplit: 0.1, audit: true }, async (event) => {
    if (event.event === 'start') {
      await settled('running');
      await light.waitForTimeout(1000);
      await take('2-just-started');
    }
    if (event.event !== 'epoch') return;
    if (event.epoch === 3) for (const page of pages.values()) await drawSeven(page);
    if (event.epoch === 4) {
      await light.waitForTimeout(1500);
      await take('3-running');
      await light.evaluate('scrollTo(0, 0)');
      writeFileSync(figure, withFewColors(await light.screenshot({ fullPage: true })));
    }
  });
  await settled('completed');
  for (const page of pages.values()) {
    await page.locator('#log').click();
    await page.locator('summary').first().click();
  }
  await light.waitForTimeout(1500);
  await take('4-completed');

  await light.locator('#pad-canvas').focus();
  for (const key of ['ArrowDown', 'Space', 'ArrowRight', 'ArrowRight', 'ArrowDown']) await light.keyboard.press(key);
  await light.locator('#pad-card').screenshot({ path: path.join(folder, '5-keyboard.png') });
  await light.locator('.skip').focus();
  await light.screenshot({ path: path.join(folder, '5-skip.png') });

  const port = Number(new URL(dashboard.url).port);
  await dashboard.close();
  await settled('lost');
  await take('6-lost');

  dashboard = await Dashboard.open(port);
  await run({ epochs: 1000, limit: 6000 });
  await settled('interrupted');
  await light.waitForTimeout(1000);
  await take('7-interrupted');
  await dashboard.close();

  dashboard = await Dashboard.open(port);
  await run({ epochs: 3, limit: 6000, lr: 1e30 }).catch(() => undefined);
  await settled('failed');
  await light.waitForTimeout(1000);
  await take('8-failed');
} finally {
  await browser.close();
  await dashboard.close();
}
console.error(`${folder}, and ${path.relative(process.cwd(), figure)}`);
