/** Commands in a PID namespace of their own, as a container has one. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './paths.js';

const PID = ['--pid', '--fork', '--kill-child'];
const WAYS = [PID, ['--user', '--map-root-user', ...PID]];

const way = WAYS.find((args) => spawnSync('unshare', [...args, 'true']).status === 0);

/** Where the system does not give any: a process that sees no other, and has the number that each of them has. */
const BLIND = pathToFileURL(path.join(root, 'dist/test/support/blind-process.js')).href;

/** What starts a Node program there. */
export function nodeInNamespace(args: readonly string[]): readonly [command: string, args: string[]] {
  if (way) return ['unshare', [...way, process.execPath, ...args]];
  return [process.execPath, ['--import', BLIND, ...args]];
}
