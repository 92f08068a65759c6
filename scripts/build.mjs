/**
 * Builds dist/, which mirrors the tree: TypeScript with tsc, the kernels and the loops that measure their limits with
 * AssemblyScript's compiler, each four times from one source. Then it bundles what runs (bundle.mjs). Prints to stderr only.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expandSources, FORMS } from '../src/kernels/assembly/templates.mjs';
import { bundle } from './bundle.mjs';

const KERNELS = 'src/kernels/assembly';
/** Only relaxed SIMD has a fused multiply-add. */
const BUILDS = { simd: [], 'simd-fma': ['--enable', 'relaxed-simd'] };
/**
 * Folders of AssemblyScript. A module has what a folder's files export, except for those that are only imported. The noise and
 * the scanner of tables have one form and one build.
 */
const MODULES = [
  { folder: KERNELS, forms: FORMS, builds: BUILDS },
  { folder: 'src/data/table/parts/assembly', forms: { narrow: FORMS.narrow }, builds: { scanner: [] } },
  { folder: 'src/kernels/noise-assembly', forms: { narrow: FORMS.narrow }, builds: { noise: [] } },
  { folder: 'bench/kernels/assembly', forms: FORMS, builds: BUILDS },
];
const IMPORTED = ['vector.ts', 'curve-formulas.ts'];
/** The sources with each size written out, a tree for each form. */
const EXPANDED = 'dist/assembly';
/** The page of `train --dashboard`: modules for browsers, which are a TypeScript project of their own, and static files. */
const PAGE = 'src/dashboard/page';
const PAGE_FILES = ['index.html', 'explain.html', 'style.css', 'explain.css', 'icon.svg'];
/** Folders of TypeScript. */
const FOLDERS = ['bin', 'workers', 'src', 'test', 'bench', 'scripts'];
const ASC_OPTIONS = [
  ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--enable', 'threads'],
  // The coordinator creates the memory; 32-bit addresses reach 65,536 pages.
  ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
].flat();

/** @returns the exit status: 0 if everything was built */
export async function build(root) {
  const compile = (script, args) => () => finished(root, [path.join(root, script), ...args]);
  const projects = ['.', PAGE].map((project) => compile('node_modules/typescript/bin/tsc', ['-p', project]));
  const cores = availableParallelism();
  const modules = dealt(modulesToBuild(root), cores).map((some) =>
    compile('scripts/assembly.mjs', [JSON.stringify(some)]),
  );
  const status = await firstFailure([...modules, ...projects], cores);
  if (status !== 0) return status;
  for (const name of PAGE_FILES) copyFileSync(path.join(root, PAGE, name), path.join(root, 'dist', PAGE, name));
  for (const folder of FOLDERS) removeStale(root, folder);
  await bundle(root);
  return 0;
}

/** Writes the sources of all modules. @returns the compiler's arguments for each module that is older than its sources */
function modulesToBuild(root) {
  const all = [];
  for (const { folder, forms, builds } of MODULES) {
    for (const [form, sizes] of Object.entries(forms)) {
      const expanded = `${EXPANDED}/${form}/${folder}`;
      const sources = [folder, KERNELS].map((source) => path.join(root, source));
      mkdirSync(path.join(root, expanded), { recursive: true });
      mkdirSync(path.join(root, 'dist', folder), { recursive: true });
      const files = expandSources(path.join(root, folder), sizes);
      for (const [name, text] of Object.entries(files)) writeFileSync(path.join(root, expanded, name), text);
      const entries = Object.keys(files).filter((name) => !IMPORTED.includes(name));
      for (const [name, options] of Object.entries(builds)) {
        const out = `dist/${folder}/${name}${form === 'narrow' ? '' : `-${form}`}.wasm`;
        if (isNewer(path.join(root, out), [...sources, fileURLToPath(import.meta.url)])) continue;
        all.push([...entries.map((entry) => `${expanded}/${entry}`), '--outFile', out, ...ASC_OPTIONS, ...options]);
      }
    }
  }
  return all;
}

/** @returns at most `count` lists that have the same number of items, or one more, and none that is empty */
function dealt(items, count) {
  const lists = Array.from({ length: count }, (_, i) => items.filter((__, j) => j % count === i));
  return lists.filter(({ length }) => length > 0);
}

/** Runs the tasks, some at a time, until one fails. @returns its status; 0 if none does */
async function firstFailure(tasks, atOnce) {
  let status = 0;
  const left = [...tasks];
  const work = async () => {
    for (let task = left.shift(); task && status === 0; task = left.shift()) {
      const own = await task();
      status ||= own;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return status;
}

/** @returns the exit status of Node with these arguments */
function finished(root, args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
    child.on('error', () => resolve(1));
    child.on('close', (status) => resolve(status ?? 1));
  });
}

/** Removes outputs whose source is gone: they would be packed, and their tests run. */
function removeStale(root, folder) {
  const out = path.join(root, 'dist', folder);
  for (const name of readdirSync(out, { recursive: true })) {
    // (.cts makes .cjs and .d.cts.)
    const made = /^(.+)\.(?:(c?)js(?:\.map)?|d\.(c?)ts)$/.exec(name);
    if (!made) continue;
    const [, stem, c = made[3]] = made;
    if (!existsSync(path.join(root, folder, `${stem}.${c}ts`))) rmSync(path.join(out, name));
  }
}

function isNewer(file, sources) {
  const built = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return sources.every((source) => newest(source) <= built);
}

function newest(source) {
  const info = statSync(source);
  if (!info.isDirectory()) return info.mtimeMs;
  return Math.max(...readdirSync(source).map((entry) => newest(path.join(source, entry))));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await build(process.cwd());
