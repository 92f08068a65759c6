/** Names in a model or its data are anybody's: on the pages that explain it, they are text, and nothing else gets in. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainDocument } from '../../src/dashboard/explain-document.js';
import { ExplainPage } from '../../src/dashboard/explain-page.js';
import { findChromium, launchChromium } from '../support/browser.js';
import { RandomSubject } from '../support/naive-network.js';
import { type Ask, ask } from '../support/page-client.js';
import { scratchWith } from '../support/scratch.js';
import { valuesOf } from '../support/thoroughness.js';

const scratch = scratchWith(1, 1);
const HOSTILE = [
  '<img src=x onerror="document.title=1">',
  '</script><script>document.title=2</script>',
  '<!--<script>',
  '" onmouseover="document.title=3',
  '&lt;b&gt; \u2028 `{{document.title=4}}`',
  '__proto__',
] as const;

/** Whose names all are hostile. */
class Hostile extends RandomSubject {
  constructor() {
    const [inputs, outputs] = [HOSTILE.length, HOSTILE.length];
    super({ hidden: [4], inputs, outputs, objective: 'softmax-cross-entropy', seed: 2 }, 4);
  }

  override get facts() {
    return { ...super.facts, title: HOSTILE[1], classNames: HOSTILE, inputNames: HOSTILE, kernel: HOSTILE[0] };
  }
}

let served: ExplainPage;
beforeAll(async () => {
  served = await ExplainPage.open(0, new Hostile());
});
afterAll(() => served.close());

const statusOf = async (path: string, how?: Ask) => (await ask(served.url, path, how)).status;
const question = JSON.stringify({ ask: 'facts' });
const asJson = { 'content-type': 'application/json' };

describe('the page of lockstep explain', () => {
  it('is served to this machine only, by a fixed table of paths, as the dashboard is', async () => {
    const { headers, body } = await ask(served.url, '/');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
    expect(body).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
    const attacks: [number, Ask][] = [
      [200, {}],
      ...['evil.example', '127.0.0.1', '[::1]'].map((host): [number, Ask] => [403, { headers: { host } }]),
      ...['https://evil.example', 'null'].map((origin): [number, Ask] => [403, { headers: { origin } }]),
      [403, { headers: { 'sec-fetch-site': 'cross-site' } }],
    ];
    for (const [expected, { headers: more = {} }] of attacks) {
      const post: Ask = { method: 'POST', headers: { ...asJson, ...more }, body: question };
      expect([more, await statusOf('/explain', post)]).toEqual([more, expected]);
      expect([more, await statusOf('/', { headers: more })]).toEqual([more, expected]);
    }
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/explain.js/..', '/main.js', '/events', '//']) {
      expect([path, await statusOf(path)]).toEqual([path, 404]);
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await statusOf('/explain', { method: 'POST', headers: form, body: question })).toBe(415);
    const long = { method: 'POST', headers: asJson, body: ' '.repeat(2000) };
    expect(await statusOf('/explain', long)).toBe(413);
  });

  it('as one file has two scripts, and a policy that lets no other run', () => {
    const page = explainDocument(new Hostile());
    expect(page.match(/<script[^>]*>/g)).toEqual(['<script type="application/json" id="explain-data">', '<script>']);
    expect(page.match(/<\/script/g)).toHaveLength(2);
    expect(page).not.toMatch(/<img|<!--/);
    const [policy] = /default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'/.exec(page) ?? [];
    expect(policy).toBeDefined();
  });

  const executable = findChromium();
  it.skipIf(executable === undefined)('shows hostile names as text (skipped without Chromium)', async () => {
    const file = scratch.newPath('hostile.html');
    writeFileSync(file, explainDocument(new Hostile()));
    const browser = await launchChromium(executable!);
    try {
      const own = pathToFileURL(file).href;
      for (const url of valuesOf([served.url, own], [own])) {
        const page = await browser.newPage();
        const complaints: string[] = [];
        page.on('console', (message) => complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(error.message));
        await page.goto(url);
        await page.locator('.unit-card h3').waitFor();
        await page.getByRole('button', { name: 'Search the training samples', exact: true }).click();
        await page.getByText(/^All 4 training samples/).waitFor();
        const rows = await page.locator('table.explained th[scope=row]').allTextContents();
        for (const name of HOSTILE) expect(rows.filter((row) => row === name)).not.toHaveLength(0);
        expect(await page.locator('main img').count()).toBe(0);
        expect(await page.title()).toMatch(/ · See it think · Lockstep$/);
        expect(complaints).toEqual([]);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });
});
