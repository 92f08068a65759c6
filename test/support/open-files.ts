/** Which files a process has open, as Linux tells it. */
import { readdirSync, readlinkSync } from 'node:fs';
import process from 'node:process';

/** Paths, and what the system calls things without one: `socket:[…]`. None of a process that has ended. */
export function openFilesOf(pid: number = process.pid): string[] {
  const folder = `/proc/${pid}/fd`;
  return namesIn(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)];
    } catch {
      // Closed meanwhile: the one that listed the folder, at least.
      return [];
    }
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
