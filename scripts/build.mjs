/**
 * Builds dist/, which mirrors the tree: TypeScript with tsc, the kernels and the loops that measure their limits with
 * AssemblyScript's compiler, each twice from one source. Prints to stderr only.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateExports } from '../src/kernels/assembly/exports.mjs';

const KERNELS = 'src/kernels/assembly';
/** Generated from the sources of the kernels. */
const KERNEL_EXPORTS = 'dist/kernel-exports.ts';
/** Folders of AssemblyScript: the entry files of the module, and the folders that it is made of. */
const MODULES = {
  [KERNELS]: { entries: [`${KERNELS}/index.ts`, KERNEL_EXPORTS], folders: [KERNELS] },
  'bench/kernels/assembly': {
    entries: ['bench/kernels/assembly/index.ts'],
    folders: ['bench/kernels/assembly', KERNELS],
  },
};
/** The page of `train --dashboard`: modules for browsers, which are a TypeScript project of their own, and static files. */
const PAGE = 'src/dashboard/page';
const PAGE_FILES = ['index.html', 'style.css', 'icon.svg'];
/** Folders of TypeScript. */
const FOLDERS = ['bin', 'workers', 'src', 'test', 'bench', 'scripts'];
/** One source, two builds: only relaxed SIMD has a fused multiply-add. */
const BUILDS = { simd: [], 'simd-fma': ['--enable', 'relaxed-simd'] };
const ASC_OPTIONS = [
  ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--enable', 'threads'],
  // The coordinator creates the memory; 32-bit addresses reach 65,536 pages.
  ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
].flat();

/** @returns the exit status: 0 if everything was built */
export function build(root) {
  const compile = (script, args) => {
    const { status } = spawnSync(process.execPath, [path.join(root, 'node_modules', script), ...args], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
    return status ?? 1;
  };

  for (const project of ['.', PAGE]) {
    const status = compile('typescript/bin/tsc', ['-p', project]);
    if (status !== 0) return status;
  }
  for (const name of PAGE_FILES) copyFileSync(path.join(root, PAGE, name), path.join(root, 'dist', PAGE, name));
  for (const folder of FOLDERS) removeStale(root, folder);

  writeFileSync(path.join(root, KERNEL_EXPORTS), generateExports(path.join(root, KERNELS), path.join(root, 'dist')));
  for (const [folder, { entries, folders }] of Object.entries(MODULES)) {
    mkdirSync(path.join(root, 'dist', folder), { recursive: true });
    const sources = folders.map((source) => path.join(root, source));
    for (const [name, options] of Object.entries(BUILDS)) {
      const out = `dist/${folder}/${name}.wasm`;
      if (isNewer(path.join(root, out), [...sources, fileURLToPath(import.meta.url)])) continue;
      const args = [...entries, '--outFile', out, ...ASC_OPTIONS, ...options];
      const status = compile('assemblyscript/bin/asc.js', args);
      if (status !== 0) return status;
    }
  }
  return 0;
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

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = build(process.cwd());
