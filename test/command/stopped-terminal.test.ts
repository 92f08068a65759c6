/** A terminal whose output has been stopped keeps nothing from the trainer but its lines. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/idx-files.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { trainCommand } from '../support/paths.js';
import { processesWith } from '../support/processes-with.js';
import { until } from '../support/until.js';

const CTRL_S = '\u0013';
const CTRL_Q = '\u0011';
/** Looks, 10 ms apart. */
const STILL = 50;

let data: Folder;
let scratch: Folder;
beforeAll(async () => {
  data = await mnistPart(40, 10);
  scratch = temporaryFolder();
});
afterAll(() => {
  data.remove();
  scratch.remove();
});

/** The process's time on a processor so far, in whatever unit. */
function timeOf(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15).join(' ');
}

// util-linux's script gives a process a terminal.
const noScript = process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0;

describe.skipIf(noScript)(
  `a terminal stopped by Ctrl-S${noScript ? ' (skipped: script is not installed)' : ''}`,
  () => {
    it('SIGTERM still leaves a checkpoint, and Ctrl-Q gives every line', async () => {
      const folder = path.join(scratch.path, 'stopped');
      const command = [
        ...[
          process.execPath,
          trainCommand,
          '--data',
          data.path,
          '--hidden',
          '5',
          '--batch-size',
          '10',
          '--threads',
          '2',
        ],
        // None but the last checkpoint is due.
        ...['--epochs', '1000000', '--log-every', '1', '--format', 'ndjson'],
        ...['--checkpoint-dir', folder, '--checkpoint-every', '1000000'],
      ];
      // (Without exec, a shell would be found by the same arguments.)
      const script = spawn('script', ['-qec', `exec ${command.map((each) => `'${each}'`).join(' ')}`, '/dev/null'], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      // (Its terminal is hung up with it.)
      onTestFinished(() => void script.kill('SIGKILL'));
      const output = text(script.stdout);
      const trainers = () => processesWith(folder).filter((pid) => pid !== script.pid);
      await once(script.stdout, 'data');
      const [pid] = trainers();
      script.stdin.write(CTRL_S);
      let time = '';
      let looks = 0;
      await until(() => {
        const before = time;
        time = timeOf(pid!);
        looks = time === before ? looks + 1 : 0;
        return looks === STILL;
      });

      process.kill(pid!, 'SIGTERM');
      await until(() => readdirSync(folder).some((name) => name.endsWith('.safetensors')));
      script.stdin.write(CTRL_Q);
      const [status] = (await once(script, 'close')) as [number];
      const written = await output;
      const steps = [...written.matchAll(/"event":"step","epoch":\d+,"step":(\d+)/g)].map(([, step]) => Number(step));
      expect(steps).toEqual(steps.map((_, i) => i + 1));
      expect(written).toMatch(/"event":"end","status":"interrupted"/);
      expect(status).toBe(143);
    });
  },
);
