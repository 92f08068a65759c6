/**
 * Builds dist/, which mirrors the tree: TypeScript by tsc, the kernels by AssemblyScript's compiler, twice from one
 * source. Prints to stderr only.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ASSEMBLY = 'src/kernels/assembly';
/** One source, two builds: only relaxed SIMD has a fused multiply-add. */
const KERNELS = { simd: [], 'simd-fma': ['--enable', 'relaxed-simd'] };
const ASC_OPTIONS = [
  ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--enable', 'threads'],
  // The coordinator makes the memory; 65,536 pages are all that 32-bit addresses reach.
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

  const typescript = compile('typescript/bin/tsc', ['-p', '.']);
  if (typescript !== 0) return typescript;

  mkdirSync(path.join(root, 'dist', ASSEMBLY), { recursive: true });
  for (const [name, options] of Object.entries(KERNELS)) {
    const out = `dist/${ASSEMBLY}/${name}.wasm`;
    if (isNewer(path.join(root, out), [path.join(root, ASSEMBLY), fileURLToPath(import.meta.url)])) continue;
    const status = compile('assemblyscript/bin/asc.js', [
      `${ASSEMBLY}/index.ts`,
      '--outFile',
      out,
      ...ASC_OPTIONS,
      ...options,
    ]);
    if (status !== 0) return status;
  }
  return 0;
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
