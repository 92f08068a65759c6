/**
 * Makes a checkout ready to run: installs the packages of the lock file where they are missing, and builds what is
 * older than its sources. Plain JavaScript, since it runs before anything is installed. Prints to stderr only.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

if (!isInstalled()) run('npm', ['ci', '--no-audit', '--no-fund']);
const { build } = await import(pathToFileURL(path.join(root, 'scripts/build.mjs')).href);
process.exitCode = build(root);

/** Whether every package of the lock file is there in its version. (Optional ones depend on the platform.) */
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
  // Under `npm start` this very npm is at hand, whatever else the PATH holds.
  const npm = process.env.npm_execpath;
  const [file, all] = npm ? [process.execPath, [npm, ...args]] : [command, args];
  const { status, error } = spawnSync(file, all, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
