/** Another process's resident set, as `ps` sees it. */
import { spawnSync } from 'node:child_process';

/** In MB; 0 of a process that is gone. */
export function residentMbOf(pid: number): number {
  return Number(spawnSync('ps', ['-o', 'rss=', '-p', `${pid}`], { encoding: 'utf8' }).stdout) / 1024;
}
