/** A report in a real browser: on a phone and on a screen, light and dark, with nothing from the network. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numbersReport } from '../../../src/tools/report/numbers-report.js';
import { reportPage } from '../../../src/tools/report/page.js';
import { findChromium, launchChromium } from '../../support/browser.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { exampleReport } from '../../support/report-parts.js';

const executable = findChromium();
const folder = temporaryFolder();
afterAll(() => folder.remove());

describe.skipIf(executable === undefined)('a report in Chromium (skipped where there is none)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(executable!);
  });
  afterAll(() => browser.close());

  it.each([
    [360, 'light'],
    [360, 'dark'],
    [1280, 'dark'],
  ] as const)('%i pixels wide, %s: fits, can be read, and loads nothing', async (width, colorScheme) => {
    const file = `${folder.path}/report.html`;
    writeFileSync(file, reportPage(await exampleReport()));
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('request', (request) => {
      if (request.url() !== pathToFileURL(file).href) complaints.push(request.url());
    });
    await page.goto(pathToFileURL(file).href);
    expect(complaints).toEqual([]);
    const seen = (await page.evaluate(SEEN)) as {
      readonly overflow: number;
      readonly contrasts: readonly number[];
      readonly unnamed: number;
    };
    expect(seen.overflow).toBeLessThanOrEqual(0);
    expect(seen.contrasts.length).toBeGreaterThan(50);
    expect(Math.min(...seen.contrasts)).toBeGreaterThanOrEqual(4.5);
    expect(seen.unnamed).toBe(0);
    await page.close();
  });

  it('draws points and bars inside their charts', async () => {
    const truth = Float64Array.from({ length: 300 }, (_, s) => (s % 50) - 10);
    const predicted = truth.map((y, s) => y + ((s * 7) % 11) - 5);
    const values = { rmse: 1, mae: 1, r2: 0.9, intervals: { rmse: null, mae: null, r2: null } };
    const report = numbersReport({
      ...{ title: 't', subtitle: 's', footer: 'f', warnings: [], predicted: [predicted], targets: [truth] },
      metrics: { ...values, targets: [{ target: 'y', ...values }], bootstrap: { resamples: 0, seed: 1, level: 0.95 } },
    });
    const file = `${folder.path}/numbers.html`;
    writeFileSync(file, reportPage(report));
    const page = await browser.newPage({ viewport: { width: 500, height: 800 } });
    await page.goto(pathToFileURL(file).href);
    expect(await page.evaluate(OUTSIDE)).toBe(0);
    await page.close();
  });
});

/** Contrast of each text with the page behind it (WCAG 2), horizontal overflow, and drawings without a name. */
const SEEN = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!/, 0\\)$|transparent/.test(backgroundColor)) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const texts = [...document.querySelectorAll('h1, h2, p, dt, dd, li, th, td, small, footer, text')];
  return {
    overflow: document.documentElement.scrollWidth - innerWidth,
    contrasts: texts.map((each) => {
      const style = getComputedStyle(each);
      return contrast(each.tagName === 'text' ? style.fill : style.color, groundOf(each));
    }),
    unnamed: [...document.querySelectorAll('svg:not([aria-hidden])')].filter((each) => !each.getAttribute('aria-label')).length,
  };
})()`;

/** Number of points, bars and texts that reach out of their drawing. */
const OUTSIDE = `[...document.querySelectorAll('figure svg')].flatMap((svg) => {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('circle, rect, text, line')].filter((each) => {
    const { left, right, top, bottom } = each.getBoundingClientRect();
    return left < box.left - 1 || right > box.right + 1 || top < box.top - 1 || bottom > box.bottom + 1;
  });
}).length`;
