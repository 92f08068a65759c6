/** The house's order: one way down, no import runs back up. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './support/paths.js';

/** Top to bottom. A file may import from its own floor and from those below. */
const FLOORS = [
  ['bin'],
  ['workers'],
  ['src/dashboard'],
  ['src/index.ts'],
  ['src/train.ts'],
  ['src/run'],
  ['src/view.ts'],
  ['src/plot', 'src/tensorboard'],
  ['src/export', 'src/inspect'],
  ['src/evaluation.ts'],
  ['src/predict'],
  ['src/prepare.ts', 'src/network.ts'],
  ['src/ranks.ts'],
  ['src/checkpoints'],
  ['src/threads', 'src/mpi'],
  ['src/metrics'],
  ['src/options.ts', 'src/option-checks.ts', 'src/state.ts'],
  ['src/data'],
  ['src/model'],
  ['src/kernels'],
  ['src/memory'],
  ['src/files'],
  ['src/drawing'],
  ['src/errors.ts'],
  [
    ...['src/words.ts', 'src/nearest.ts', 'src/clock.ts', 'src/grouped.ts', 'src/record.ts', 'src/text.ts'],
    'src/version.ts',
  ],
];

function floorOf(file: string): number {
  return FLOORS.findIndex((rooms) => rooms.some((room) => file === room || file.startsWith(`${room}/`)));
}

function sourceFiles(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join(folder, name))
    .filter((file) => /(?<!\.d)\.c?ts$/.test(file));
}

function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  // (A comment's `{@link import('…')}` too: it looks as an import of a type does.)
  return [...text.matchAll(/(?:from |import |import\()'(\.[^']+)'/g)].map(([, target]) =>
    path.posix.join(path.posix.dirname(file), target!.replace(/(\.js)?$/, '.ts')),
  );
}

/** Of a compiled file, in which no types are left, all that is loaded with it: our files, and other modules by their names. */
function loadedWith(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(path.join(root, 'dist', file), 'utf8');
  for (const [, target] of text.matchAll(/^(?:import|export)(?: [^;']*from)? '([^']+)';$/gm)) {
    if (target!.startsWith('.')) loadedWith(path.posix.join(path.posix.dirname(file), target!), found);
    else found.add(target!);
  }
  return found;
}

describe('architecture', () => {
  const files = ['bin', 'workers', 'src'].flatMap(sourceFiles);

  it('has a floor for every source file', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(files.filter((file) => floorOf(file) < 0)).toEqual([]);
  });

  it('sees what a file imports, statically and when it is asked for', () => {
    expect(importsOf('src/train.ts')).toContain('src/prepare.ts');
    expect(importsOf('bin/commands/plot.ts')).toContain('src/plot/render.ts');
    expect(files.filter((file) => importsOf(file).length === 0).length).toBeLessThan(files.length / 4);
  });

  it.each(files)('%s imports nothing from above', (file) => {
    const targets = importsOf(file);
    expect(targets.filter((target) => floorOf(target) < floorOf(file))).toEqual([]);
    const isThere = (target: string) =>
      ['.ts', '.d.ts'].some((end) => existsSync(path.join(root, target.replace(/\.ts$/, end))));
    expect(targets.filter((target) => !isThere(target))).toEqual([]);
  });

  it.each(['src/index.js', 'bin/commands/train.js', 'bin/lockstep.js'])(
    '%s loads no server and no protobuf unasked',
    (file) => {
      const loaded = [...loadedWith(file)];
      expect(loaded).toEqual(expect.arrayContaining(['src/errors.js', 'node:fs']));
      const lazy = /^(src\/dashboard\/(?!port\.)|src\/tensorboard\/event|node:https?$|node:net$|pbf$|uplot$)/;
      expect(loaded.filter((each) => lazy.test(each))).toEqual([]);
    },
  );
});
