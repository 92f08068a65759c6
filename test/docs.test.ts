/** What the documentation points to is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentedOptions, optionsPage } from '../scripts/options-page.js';
import { defaultText, OPTION_NAMES, OPTIONS } from '../src/config/options.js';
import { root } from './support/paths.js';

const PAGES = [
  ...['README.md', 'CHANGELOG.md', 'examples/README.md'],
  ...readdirSync(path.join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const read = (page: string) => readFileSync(path.join(root, page), 'utf8');

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

function anchorsIn(page: string): string[] {
  const prose = read(page).replace(/^```.*?^```/gms, '');
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));
}

/** Links within the repository, and those of them that lead nowhere. */
function linksIn(page: string, text = read(page)) {
  const all = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!).filter((link) => !/^[a-z]+:/.test(link));
  const broken = all.filter((link) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? page : path.join(path.dirname(page), file);
    if (!existsSync(path.join(root, target))) return true;
    return anchor !== undefined && !anchorsIn(target).includes(anchor);
  });
  return { all, broken };
}

/** Names in sources: `name` in [src/file.ts](../src/file.ts), or [`name`](../src/file.ts); and those that are not there. */
function namesIn(page: string, text = read(page)) {
  const all = [
    ...text.matchAll(/`([\w.]+)`\s+in\s+\[[^\]]+\]\(([^)#]+\.ts)\)/g),
    ...text.matchAll(/\[`([\w.]+)`\]\(([^)#]+\.ts)\)/g),
  ].map(([, name, file]) => ({ name: name!, file: file! }));
  const missing = all.filter(({ name, file }) => {
    const source = readFileSync(path.join(root, path.dirname(page), file), 'utf8');
    return !source.includes(name.split('.').at(-1)!);
  });
  return { all, missing };
}

describe.each(PAGES)('%s', (page) => {
  it('links to files and headings that are there', () => {
    expect(linksIn(page).broken).toEqual([]);
  });

  it('names what the source it links to has', () => {
    expect(namesIn(page).missing).toEqual([]);
  });
});

describe('what is looked for', () => {
  it('is found in the pages', () => {
    expect(PAGES.flatMap((page) => linksIn(page).all).length).toBeGreaterThan(100);
    expect(PAGES.flatMap((page) => namesIn(page).all).length).toBeGreaterThan(0);
  });

  it('are links that lead nowhere, to a file or a heading', () => {
    const text =
      '[a](none.md) [b](mathematics.md#the-step) [c](mathematics.md#no-step) [d](#none) [e](https://example.org)';
    expect(linksIn('docs/design.md', text).broken).toEqual(['none.md', 'mathematics.md#no-step', '#none']);
    expect(anchorOf('Its gradient: P − T')).toBe('its-gradient-p--t');
  });

  it('are names that their source does not have', () => {
    const text = '[`train`](../src/run/train.ts) and `none` in [src/run/train.ts](../src/run/train.ts)';
    expect(namesIn('docs/design.md', text)).toMatchObject({
      all: [{ name: 'none' }, { name: 'train' }],
      missing: [{ name: 'none', file: '../src/run/train.ts' }],
    });
  });
});

describe('docs/options.md', () => {
  it('is what the table of options says (node dist/scripts/options-page.js prints it)', () => {
    expect(read('docs/options.md')).toBe(optionsPage());
  });

  it('describes each option, and its comment states its default', () => {
    const documented = documentedOptions();
    expect([...documented.keys()].sort()).toEqual([...OPTION_NAMES].sort());
    for (const name of OPTION_NAMES) {
      const stated = documented.get(name)!.default?.replaceAll(/^['[]|['\]]$/g, '');
      expect({ name, default: stated }).toEqual({ name, default: defaultText(OPTIONS[name]) });
    }
  });
});
