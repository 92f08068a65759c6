/** Programs that benchmarks start: no compiler says that one has moved. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/paths.js';

const bench = path.join(root, 'bench');
const files = readdirSync(bench, { recursive: true, encoding: 'utf8' });
const sources = files.filter((file) => file.endsWith('.ts') && !file.includes('assembly'));
const named = sources.flatMap((file) =>
  [...readFileSync(path.join(bench, file), 'utf8').matchAll(/'([\w./-]*\.(?:py|sh|mjs))'/g)].map(([, name]) => name!),
);

describe('programs that a benchmark names', () => {
  it('are many', () => {
    expect(named.length).toBeGreaterThan(20);
  });

  // (`.py` is the end of a name.)
  it.each([...new Set(named)].filter((name) => /^[^.]|\//.test(name)))('%s is in bench/', (name) => {
    const parts = name.replace(/^(\.\.\/)+(bench\/)?/, '');
    expect(files.filter((file) => file === parts || file.endsWith(`/${parts}`))).not.toEqual([]);
  });
});
