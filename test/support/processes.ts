/** Process ids for tests. */
import { spawn } from 'node:child_process';

/** The id of a process that is gone. (Systems give an id again only after thousands of others.) */
export async function idOfDeadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  return child.pid!;
}
