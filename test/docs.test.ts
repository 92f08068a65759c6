/** What the documentation points to is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentedOptions, optionsPage } from '../scripts/options-page.js';
import { defaultText, OPTION_NAMES, OPTIONS } from '../src/config/options.js';
import { root } from './support/paths.js';

const PAGES = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'bench/README.md', 'examples/README.md'],
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
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));
  // Headings that were renamed keep their old anchors for links from elsewhere.
  return [...headings, ...[...prose.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!)];
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

/**
 * Names that a page says are in a source file, and those that the file does not define. The forms are `name` in
 * [src/file.ts](../src/file.ts), with several names perhaps, and [`name`](../src/file.ts). `Class.member` names a member.
 */
function namesIn(page: string, text = read(page)) {
  const all = [
    ...text.matchAll(/((?:`[\w.]+`(?:,\s+and|,|\s+and)?\s+)+)in\s+\[[^\]]+\]\(([^)#]+\.ts)\)/g),
    ...text.matchAll(/\[(`[\w.]+`)\]\(([^)#]+\.ts)\)/g),
  ].flatMap(([, names, file]) => [...names!.matchAll(/[\w.]+(?=`)/g)].map(([name]) => ({ name, file: file! })));
  const missing = all.filter(({ name, file }) => {
    const source = readFileSync(path.join(root, path.dirname(page), file), 'utf8');
    return !defines(source, name);
  });
  return { all, missing };
}

/** Whether a source file defines a name, as opposed to importing or mentioning it. */
function defines(source: string, name: string): boolean {
  const [owner, member] = name.split('.');
  const declaration = new RegExp(
    `^(?:export )?(?:default |abstract |async |const )*(?:function\\*?|class|interface|type|enum|const|let) ${owner}\\b`,
    'm',
  );
  const start = source.search(declaration);
  if (start < 0) return false;
  if (member === undefined) return true;
  // A class or an interface ends where the next line begins with a brace.
  const body = source.slice(start, source.indexOf('\n}', start));
  return new RegExp(`^  (?:(?:static|readonly|get|async|declare) )*#?${member}\\??[(<:]`, 'm').test(body);
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

  it('are names that their source does not define', () => {
    const text =
      '[`train`](../src/run/train.ts), `none`, `readFile` and\n`train` in [`src/run/train.ts`](../src/run/train.ts), ' +
      '`Panel.weights` and `Panel.starts` in [`src/memory/layer-memory.ts`](../src/memory/layer-memory.ts)';
    const { all, missing } = namesIn('docs/design.md', text);
    expect(all.map(({ name }) => name)).toEqual([
      ...['none', 'readFile', 'train', 'Panel.weights', 'Panel.starts'],
      'train',
    ]);
    expect(missing.map(({ name }) => name)).toEqual(['none', 'readFile', 'Panel.starts']);
  });

  it.each([
    ['function f() {}', 'f', true],
    ['export default async function f() {}', 'f', true],
    ["import { f } from './f.js';\nf();\n// f", 'f', false],
    ['const f = 1;\n', 'f', true],
    ['  const f = 1;\n', 'f', false],
    ['class A {\n  b(): void {}\n}\n', 'A.b', true],
    ['class A {\n  a() {\n    this.b();\n  }\n}\nclass C {\n  b() {}\n}\n', 'A.b', false],
  ])('a file of %j defines %s: %s', (source, name, isDefined) => {
    expect(defines(source, name)).toBe(isDefined);
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
      const stated = documented.get(name)!.default?.replaceAll(/^['[]|['\]](?=;|$)|(?<=: )'/g, '');
      expect({ name, default: stated }).toEqual({ name, default: defaultText(OPTIONS[name]) });
    }
  });
});
