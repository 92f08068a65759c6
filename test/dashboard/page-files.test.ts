/** The files of the pages: whatever one of them names is there, and nothing else of the server's is. */
import { describe, expect, it } from 'vitest';
import { type PageFile, readExplainFiles, readPageFiles } from '../../src/dashboard/page-files.js';

/** What a file loads, seen from the root, where all of them are. */
function namedIn({ type, bytes }: PageFile): string[] {
  const text = bytes.toString('utf8');
  if (type.startsWith('text/html')) return [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, name]) => name!);
  if (!type.startsWith('text/javascript')) return [];
  const imports = text.matchAll(/(?:^import[^'"]*?from |^export[^'"]*?from |\bimport\()['"]\.\/([^'"]+)['"]/gm);
  return [...imports].map(([, name]) => `/${name}`);
}

describe.each([
  ['of a run', readPageFiles()],
  ['of lockstep explain', readExplainFiles()],
])('the page %s', (_, files) => {
  it('has what it loads, and loads what it has', () => {
    const named = new Set(['/', ...[...files.values()].flatMap(namedIn)]);
    expect([...named].sort()).toEqual([...files.keys()].sort());
    expect(named.size).toBeGreaterThan(15);
  });
});
