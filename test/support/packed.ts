/** The package as others get it: packed, and unpacked into a folder of its own, with what it depends on and nothing else. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Folder, temporaryFolder } from './idx-files.js';
import { root } from './paths.js';

const run = promisify(execFile);

export interface Packed {
  readonly folder: Folder;
  /** The archive. */
  readonly tarball: string;
  /** Paths in it, and their sizes in bytes. */
  readonly files: ReadonlyMap<string, number>;
  /** Of the archive. */
  readonly bytes: number;
}

/** In `folder`, node_modules/lockstep is there. The runtime dependencies are links, so no registry is asked. */
export async function packAndInstall(): Promise<Packed> {
  const folder = temporaryFolder();
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder.path];
  const { stdout } = await run('npm', pack, { cwd: root });
  const [{ filename, size, files }] = JSON.parse(stdout) as [
    { filename: string; size: number; files: { path: string; size: number }[] },
  ];
  const tarball = path.join(folder.path, filename);
  const installed = path.join(folder.path, 'node_modules/lockstep');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>;
  };
  for (const [name, { dev, optional }] of Object.entries(packages)) {
    // What lies deeper comes with what it lies in.
    if (name === '' || dev || optional || name.lastIndexOf('node_modules/') > 0) continue;
    link(folder.path, name);
  }
  return { folder, tarball, bytes: size, files: new Map(files.map((file) => [file.path, file.size])) };
}

/** Links one more package of ours, such as node_modules/@types/node. */
export function link(folder: string, name: string): void {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  symlinkSync(path.join(root, name), path.join(folder, name));
}
