/** What the documentation points to is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './support/paths.js';
import { runTrain } from './support/run-command.js';

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

describe.each(PAGES)('%s', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link));

  it('links to files and headings that are there', () => {
    const broken = links.filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : path.join(path.dirname(page), file);
      if (!existsSync(path.join(root, target))) return true;
      return anchor !== undefined && !anchorsIn(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names what the source it links to has', () => {
    // `name` in [src/file.ts](../src/file.ts), or [`name`](../src/file.ts)
    const named = [
      ...read(page).matchAll(/`([\w.]+)`\s+in\s+\[[^\]]+\]\(([^)#]+\.ts)\)/g),
      ...read(page).matchAll(/\[`([\w.]+)`\]\(([^)#]+\.ts)\)/g),
    ];
    const missing = named.filter(([, name, file]) => {
      const source = readFileSync(path.join(root, path.dirname(page), file!), 'utf8');
      return !source.includes(name!.split('.').at(-1)!);
    });
    expect(missing.map(([, name, file]) => `${name} in ${file}`)).toEqual([]);
  });
});

it('finds a link that leads nowhere', () => {
  expect(anchorsIn('docs/mathematics.md')).toContain('the-step');
  expect(anchorOf('Its gradient: P − T')).toBe('its-gradient-p--t');
});

it('the README has what train --help says, verbatim', async () => {
  const { stdout } = await runTrain(['--help']);
  const readme = read('README.md');
  const begin = readme.indexOf('```\nUsage: train [options]') + '```\n'.length;
  // (A pipe has no width: commander takes 80 columns.)
  expect(`${readme.slice(begin, readme.indexOf('\n```', begin))}\n`).toBe(stdout);
});
