/**
 * Takes the pictures of docs/explain.md, and pictures of all parts of the page, light, dark and as a phone has them, to be looked at.
 *
 *   npm run build && node dist/scripts/explain-pictures.js [folder]
 *
 * It needs Chromium and MNIST, and takes about a minute.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { explainedData } from '../bin/commands/explained-data.js';
import { readModel } from '../src/checkpoints/model-file.js';
import { ExplainPage } from '../src/dashboard/explain-page.js';
import { train } from '../src/run/train.js';
import { Explainer } from '../src/tools/explain/explainer.js';
import { ModelSubject } from '../src/tools/explain/model-subject.js';
import { Network } from '../src/tools/network.js';
import { findChromium, launchChromium } from '../test/support/browser.js';
import { withFewColors } from './support/few-colors.js';

// From dist/scripts/ to the repository's root.
const figures = path.join(import.meta.dirname, '../../docs/figures');
const [, , given, ...more] = process.argv;
if (given?.startsWith('-') || more.length > 0) {
  console.error('node dist/scripts/explain-pictures.js [folder]');
  process.exit(2);
}
const folder = given ?? path.join(tmpdir(), 'lockstep-explain');
mkdirSync(folder, { recursive: true });

/** A 5 that looks like a 6. */
const SAMPLE = 8;
/** Samples of a batch that are added up, at least. */
const LEAST_ADDED = 40;
const WIDE = { width: 1200, height: 900 };
const VIEWS = [
  { name: 'light', viewport: WIDE, colorScheme: 'light', deviceScaleFactor: 1 },
  { name: 'dark', viewport: WIDE, colorScheme: 'dark', deviceScaleFactor: 1 },
  { name: 'phone', viewport: { width: 390, height: 844 }, colorScheme: 'light', deviceScaleFactor: 2 },
] as const;

const executable = findChromium();
if (executable === undefined) throw new Error('no Chromium was found; install one, or name it in CHROMIUM');
const model = path.join(folder, 'model.safetensors');
for await (const event of train({ hidden: [300], epochs: 3, save: model })) {
  if (event.event === 'end') console.error(`${event.status}: test error ${event.test_error}`);
}
const data = await readModel(model);
const network = new Network(data);
const samples = await explainedData(model, network, undefined, { label: undefined, header: 'auto' });
const subject = new ModelSubject(data, network, samples);
const { unit, added } = await choose();
const served = await ExplainPage.open(0, subject);
const browser = await launchChromium(executable);
try {
  for (const { name, ...view } of VIEWS) {
    const page = await browser.newPage(view);
    page.on('pageerror', (error) => console.error(`${name}: ${error.message}`));
    await page.goto(served.url);
    await use(page);
    await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
    if (name !== 'light') continue;
    for (const [title, figure] of Object.entries({
      'One sample, forward and back': 'explain-forward',
      'One unit': 'explain-unit',
      'The gradient as an outer product': 'explain-batch',
    })) {
      const card = page.getByRole('region', { name: title, exact: true });
      const picture = await card.screenshot();
      // (In the others, shades of red and blue would become gray.)
      const kept = figure === 'explain-forward' ? withFewColors(picture) : picture;
      writeFileSync(path.join(figures, `${figure}.png`), kept);
    }
  }
} finally {
  await browser.close();
  await served.close();
}
console.error(`${folder}, and docs/figures/explain-*.png`);

/** A unit that is on and has a large δ, and a batch whose last sample has one, too. */
async function choose() {
  const explainer = new Explainer(subject);
  const { layers } = await explainer.answer({ ask: 'passes', sample: { split: 'test', index: SAMPLE } });
  const strengths = layers[0]!.h!.map((h, k) => h * Math.abs(layers[0]!.delta[k]!));
  const unit = strengths.indexOf(Math.max(...strengths));
  const { deltas } = await explainer.answer({ ask: 'batch', first: 0, count: 100, unit });
  const most = Math.max(...deltas.slice(LEAST_ADDED).map(Math.abs));
  return { unit, added: deltas.findIndex((delta, s) => s >= LEAST_ADDED && Math.abs(delta) >= most / 2) + 1 };
}

async function use(page: Page): Promise<void> {
  await page.getByLabel('number', { exact: true }).fill(String(SAMPLE));
  await page.getByLabel('number', { exact: true }).press('Enter');
  await page.getByText(/^test sample 8: loss/).waitFor();
  await page.getByLabel('unit', { exact: true }).fill(String(unit));
  await page.getByLabel('unit', { exact: true }).press('Enter');
  await page.getByText(`Unit ${unit} of the hidden layer`).waitFor();
  for (const name of ['Take a batch', 'Try rates on a batch', 'Check it', 'Search the training samples']) {
    await page.getByRole('button', { name, exact: true }).click();
  }
  await page.getByText(/^actual change$/).waitFor();
  await page.getByLabel('samples added up').fill(String(added));
  await page.waitForTimeout(2000);
}
