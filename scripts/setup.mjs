/**
 * Prepares a checkout: installs missing packages from the lock file, and builds whatever is older than its sources. It is plain
 * JavaScript because it runs before anything is installed. It prints to stderr only.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

// The build needs the development dependencies, even under NODE_ENV=production.
if (!isInstalled()) run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
const { build } = await import(pathToFileURL(path.join(root, 'scripts/build.mjs')).href);
process.exitCode = await build(root);

/** Whether every package of the lock file is installed in its version. (Optional packages depend on the platform.) */
function isInstalled() {
  try {
    const wanted = packages('package-lock.json');
    const present = packages('node_modules/.package-lock.json');
    return Object.entries(wanted).every(
      ([name, { version, optional }]) => name === '' || optional || present[name]?.version === version,
    );
  } catch {
    return false;
  }
}

function packages(lockFile) {
  return JSON.parse(readFileSync(path.join(root, lockFile), 'utf8')).packages;
}

function run(command, args) {
  console.error(`> ${command} ${args.join(' ')}`);
  // Under `npm start`, use the same npm, whatever is in PATH.
  const npm = process.env.npm_execpath;
  const [file, all] = npm ? [process.execPath, [npm, ...args]] : [command, args];
  const { status, error } = spawnSync(file, all, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) console.error(`${command} cannot be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
