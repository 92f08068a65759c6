/**
 * Joins modules of dist/ to few files: a process or a thread that loads 5 of them starts in two thirds of the time that 200 take.
 *
 * - dist/bundle/ is what runs: the commands, the library, the threads. What is loaded on demand stays a file of its own.
 * - `explain-bundle.js` is the script of a page of `lockstep explain -o`.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const OUT = 'dist/bundle';
/** Name of the file in dist/bundle/: module in dist/. The threads load nothing that the others load. */
const MAIN = {
  lockstep: 'bin/lockstep.js',
  train: 'bin/train.js',
  index: 'src/index.js',
  dashboard: 'src/dashboard/index.js',
  // (Of bench/startup.ts: it times the same files.)
  'startup-parts': 'bench/support/startup-parts.js',
};
const THREADS = {
  worker: 'workers/worker.js',
  reader: 'workers/reader.js',
  'barrier-partner': 'workers/barrier-partner.js',
};
/** What Piscina loads. They import a file beside them. */
const THREAD_ENTRIES = ['entry.cjs'];
/** A module's own address, or a thread's. */
const ADDRESS = /new URL\('[./]+\/workers\/([^']+)', import\.meta\.url\)|import\.meta\.url/g;
/**
 * What loads together: the start of every command, which reports whatever fails after it; every run; `train`; the library. A file for
 * each, and one for what only the last two share.
 */
const TOGETHER = {
  start: ['bin/main.js'],
  run: ['src/run/train.js'],
  command: ['bin/commands/train.js', 'bin/parse.js'],
  library: ['src/index.js'],
};

const PAGE_BUNDLE = 'dist/src/dashboard/page/explain-bundle.js';
const PAGE_MAIN = `
import { showEmbedded } from './src/dashboard/page/explain-file.js';
import { EmbeddedSubject } from './src/tools/explain/embedded.js';
import { Explainer } from './src/tools/explain/explainer.js';

showEmbedded((data) => {
  const explainer = new Explainer(new EmbeddedSubject(data));
  return (ask) => explainer.answer(ask);
});
`;
/** Replacements for the Node modules that the page's code imports. In a browser, errors are only shortened, and nothing is hashed. */
const FOR_BROWSERS = {
  'node:util': 'export const inspect = String; export const stripVTControlCharacters = (text) => text;',
  'node:crypto': 'export const createHash = undefined;',
};

/** Writes both, if a module of dist/ is newer. @throws Error for an import that leads nowhere */
export async function bundle(root) {
  const dist = path.join(root, 'dist');
  const page = path.join(root, PAGE_BUNDLE);
  const modules = ['bin', 'src', 'workers'].flatMap((folder) => modulesIn(path.join(dist, folder)));
  const sources = [...modules.filter((file) => file !== page), fileURLToPath(import.meta.url)];
  const newest = Math.max(...sources.map((file) => statSync(file).mtimeMs));
  // Written last.
  const last = path.join(root, OUT, 'index.js');
  if (existsSync(page) && existsSync(last) && statSync(last).mtimeMs > newest) return;
  rmSync(path.join(root, OUT), { recursive: true, force: true });
  await bundlePage(dist, page);
  await bundleForNode(dist, THREADS);
  for (const name of THREAD_ENTRIES) copyFileSync(path.join(dist, 'workers', name), path.join(root, OUT, name));
  await bundleForNode(dist, MAIN, groupsIn(dist));
}

/** @param groups  of modules that share a file */
async function bundleForNode(dist, entries, groups) {
  const input = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, path.join(dist, file)]));
  const made = await rolldown({
    input,
    platform: 'node',
    // As groups of modules need.
    preserveEntrySignatures: 'allow-extension',
    // Packages stay what they are.
    external: /^[^./]/,
    plugins: [ownAddress(dist)],
    // A command imports on demand what another command always imports.
    checks: { ineffectiveDynamicImport: false },
  });
  const dir = path.join(dist, '../', OUT);
  await made.write({
    dir,
    format: 'esm',
    chunkFileNames: '[name]-[hash].js',
    comments: false,
    codeSplitting: groups ? { groups, includeDependenciesRecursively: false } : true,
  });
}

async function bundlePage(dist, file) {
  const main = path.join(dist, 'explain-page-main.js');
  const virtual = { [main]: PAGE_MAIN, ...FOR_BROWSERS };
  const made = await rolldown({
    input: main,
    platform: 'browser',
    // Pages from a file have no shared memory: plain memory does.
    transform: { define: { SharedArrayBuffer: 'globalThis.ArrayBuffer' } },
    plugins: [{ name: 'virtual', resolveId: (id) => (id in virtual ? id : null), load: (id) => virtual[id] ?? null }],
  });
  const { output } = await made.generate({ format: 'iife', comments: false });
  if (output.length !== 1) throw new Error(`${file}: the page loads more than one file`);
  // It stands in a page.
  writeFileSync(file, output[0].code.replaceAll('</script', '<\\/script'));
}

/** A module finds the files beside it (kernels, pages) from where it stood, but bundled threads. */
function ownAddress(dist) {
  return {
    name: 'own-address',
    transform(code, id) {
      if (!code.includes('import.meta.url')) return null;
      const from = path.relative(path.join(dist, 'bundle'), id).replaceAll('\\', '/');
      return code.replaceAll(ADDRESS, (_, thread) =>
        thread ? `new URL('./${thread}', import.meta.url)` : `new URL('${from}', import.meta.url).href`,
      );
    },
  };
}

function groupsIn(dist) {
  const reached = Object.values(TOGETHER).map((files) => {
    const found = new Set();
    for (const file of files) addImports(path.join(dist, file), found);
    return found;
  });
  const [start, run, command, library] = reached;
  const nameOf = (id) => {
    if (start.has(id)) return 'start';
    if (run.has(id)) return 'run';
    if (command.has(id)) return library.has(id) ? 'shared' : 'command';
    return library.has(id) ? 'library' : null;
  };
  return [{ name: nameOf, debugName: 'together' }];
}

/** Adds a module and all that it imports, except on demand. */
function addImports(file, found) {
  if (found.has(file)) return;
  found.add(file);
  for (const [, target] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b.* from '(\..*)';$/gm)) {
    addImports(path.join(path.dirname(file), target), found);
  }
}

function modulesIn(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => /\.c?js$/.test(name));
  return names.map((name) => path.join(folder, name));
}
