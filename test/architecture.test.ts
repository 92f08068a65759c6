/** The order of the house: imports go one way, down, and nowhere in a circle. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './support/paths.js';

/** Top to bottom. A file imports from its own level and from those below. */
const LEVELS = [
  'bin',
  'workers',
  'src/dashboard',
  'src/index.ts',
  'src/tools',
  'src/output',
  'src/run',
  'src/checkpoints',
  'src/parallel',
  'src/metrics',
  'src/config',
  'src/data',
  'src/privacy',
  'src/optim',
  'src/model',
  'src/kernels',
  'src/memory',
  'src/files',
  'src/errors.ts',
  'src/errors',
  'src/text',
];

/** Every form in which one file names another: import, export … from, import(), require(), and the import type of a comment or type. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*|\bimport\s*\(\s*|\brequire\s*\(\s*)(['"])(\.[^'"]+)\1/g;

function levelOf(file: string): number {
  return LEVELS.findIndex((room) => file === room || file.startsWith(`${room}/`));
}

function sourceFiles(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join(folder, name))
    .filter((file) => /(?<!\.d)\.c?ts$/.test(file));
}

/** The files that a text names, seen from the file that it stands in. */
function importsIn(text: string, file: string): string[] {
  return [...text.matchAll(IMPORT)].map(([, , target]) =>
    path.posix.join(path.posix.dirname(file), target!.replace(/(?:\.c?js)?$/, '.ts')),
  );
}

function importsOf(file: string): string[] {
  return importsIn(readFileSync(path.join(root, file), 'utf8'), file);
}

/** Groups of files each of which reaches all others of its group (Tarjan's strongly connected components), of two files or more. */
function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const indices = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string) => {
    indices.set(file, indices.size);
    lowest.set(file, indices.get(file)!);
    stack.push(file);
    for (const target of graph.get(file) ?? []) {
      if (!indices.has(target)) visit(target);
      if (stack.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== indices.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const file of graph.keys()) if (!indices.has(file)) visit(file);
  return circles;
}

/** All that a compiled file, which has no types left, loads: our files, and other modules by their names. */
function loadedWith(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(path.join(root, 'dist', file), 'utf8');
  for (const [, target] of text.matchAll(/^(?:import|export)(?: [^;']*from)? ['"]([^'"]+)['"];$/gm)) {
    if (target!.startsWith('.')) loadedWith(path.posix.join(path.posix.dirname(file), target!), found);
    else found.add(target!);
  }
  return found;
}

describe('architecture', () => {
  const files = ['bin', 'workers', 'src'].flatMap(sourceFiles);

  it('has a level for every source file, and no loose file in src/', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((file) => levelOf(file) < 0)).toEqual([]);
    const loose = readdirSync(path.join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isFile());
    expect(loose.map(({ name }) => name).sort()).toEqual(['errors.ts', 'index.ts']);
  });

  it.each([
    `import { a } from './x.js';`,
    `import type { A } from './x.js';`,
    `import {\n  a,\n} from "./x.js";`,
    `import './x.js';`,
    `export * from './x.js';`,
    `const x = await import('./x.js');`,
    `const x = await import(\n  './x.js'\n);`,
    `let x: import('./x.js').A;`,
    `const x = require('./x.js');`,
  ])('sees the import in %j', (text) => {
    expect(importsIn(text, 'src/run/train.ts')).toEqual(['src/run/x.ts']);
  });

  it('sees circles', () => {
    const graph = new Map([
      ['a', ['b', 'e']],
      ['b', ['c']],
      ['c', ['a']],
      ['d', ['a']],
      ['e', ['e']],
    ]);
    expect(circlesIn(graph)).toEqual([['a', 'b', 'c']]);
  });

  it.each(files)('%s imports nothing from above', (file) => {
    const targets = importsOf(file);
    expect(targets.filter((target) => levelOf(target) < levelOf(file))).toEqual([]);
    const isThere = (target: string) =>
      ['.ts', '.cts', '.d.ts'].some((end) => existsSync(path.join(root, target.replace(/\.ts$/, end))));
    expect(targets.filter((target) => !isThere(target))).toEqual([]);
  });

  it('has no circle of imports', () => {
    expect(circlesIn(new Map(files.map((file) => [file, importsOf(file)])))).toEqual([]);
  });

  const LAZY = /^(src\/dashboard\/(?!port\.)|src\/output\/tensorboard\/event|node:https?$|node:net$|pbf$|uplot$)/;

  it.each(['src/index.js', 'bin/commands/train.js', 'bin/lockstep.js'])(
    '%s loads no server and no protobuf unasked',
    (file) => {
      const loaded = [...loadedWith(file)];
      expect(loaded).toEqual(expect.arrayContaining(['src/errors.js', 'node:fs']));
      expect(loaded.filter((each) => LAZY.test(each))).toEqual([]);
    },
  );

  it.each([
    ['index.js', 'node:fs', 6],
    ['train.js', 'node:process', 6],
    ['lockstep.js', 'node:process', 6],
    ['worker.js', 'node:fs', 2],
    ['reader.js', 'node:fs', 2],
  ])('%s, bundled, loads few files, and no server and no protobuf unasked', (file, needed, most) => {
    const loaded = [...loadedWith(`bundle/${file}`)];
    expect(loaded).toContain(needed);
    expect(loaded.filter((each) => each.startsWith('bundle/')).length).toBeLessThanOrEqual(most);
    expect(loaded.filter((each) => LAZY.test(each))).toEqual([]);
  });
});
