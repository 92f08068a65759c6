/** Which processes run, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs';

/** Those with this text among their arguments, and, if it is given, among their environment. */
export function processesWith(argument: string, environment = ''): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => has(`/proc/${pid}/cmdline`, argument) && has(`/proc/${pid}/environ`, environment))
    .map(Number);
}

/** (It may have ended meanwhile, or be somebody else's.) */
function has(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8').includes(text);
  } catch {
    return false;
  }
}
