/** `train --dashboard` as a command: where its page is, how long it stays, and with which status it ends. */
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { parseTrainCommand } from '../../bin/commands/train-options.js';
import { DEFAULT_PORT } from '../../src/dashboard/index.js';
import { startTrain } from '../support/child.js';
import { ask, openStream } from '../support/page-client.js';
import { refusalOf } from '../support/refusals.js';
import { runTrain } from '../support/run-command.js';
import { scratchWith } from '../support/scratch.js';
import { endOf } from '../support/undisturbed.js';
import { until } from '../support/until.js';

const scratch = scratchWith(300, 100);
const args = (epochs: number, ...more: string[]) => [
  ...['--data', scratch.data, '--hidden', '5', '--threads', '1', '--epochs', String(epochs), '--dashboard', '0'],
  ...more,
];
const ENDLESS = 1_000_000;

/** A test that fails leaves a page that would stay for ever. */
const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});

/** Starts it, and waits until it has said where the page is. */
async function start(given: readonly string[]) {
  const { child, ended, lines } = startTrain(given);
  started.push(child);
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  await until(() => stderr.includes('\n'));
  const [, url = ''] = /^dashboard: (http:\/\/127\.0\.0\.1:\d+\/)\n/.exec(stderr) ?? [];
  return { child, ended, lines, url };
}

describe.concurrent('train --dashboard', () => {
  it('closes stdout after the end event, and stays until a signal: then its status is 0', async () => {
    const { child, ended, url } = await start(args(2));
    const stdout = await text(child.stdout!);
    expect(endOf(stdout)).toMatchObject({ status: 'completed', epochs: 2 });
    expect(child.exitCode).toBeNull();
    expect(await ask(url, '/')).toMatchObject({ status: 200 });
    const { messages } = await openStream(url);
    for await (const { name, data } of messages) {
      if (name !== 'run') continue;
      expect(data).toMatchObject({ phase: 'completed', end: endOf(stdout) });
      break;
    }
    child.kill('SIGINT');
    expect(await ended).toEqual({ status: 0, stderr: `dashboard: ${url}\n` });
  });

  it('stays with what a run that failed has left, and ends with its status', async () => {
    const { child, ended, url } = await start(args(50, '--lr', '1e30'));
    expect(endOf(await text(child.stdout!))).toMatchObject({ status: 'failed' });
    expect(await ask(url, '/')).toMatchObject({ status: 200 });
    child.kill('SIGTERM');
    const { status, stderr } = await ended;
    expect(status).toBe(1);
    expect(stderr.split('\n').slice(1)).toEqual([expect.stringMatching(/^train: .* diverged/), '']);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('that %s interrupts where there is no terminal does not stay', async (signal, expected) => {
    const { child, ended, lines } = await start(args(ENDLESS));
    let last = '';
    let count = 0;
    for await (const line of lines) {
      last = line;
      if (++count === 3) child.kill(signal);
    }
    expect(JSON.parse(last)).toMatchObject({ event: 'end', status: 'interrupted' });
    expect((await ended).status).toBe(expected);
  });

  it('whose reader goes away does not stay', async () => {
    const { child, ended, lines } = await start(args(ENDLESS));
    for await (const _ of lines) break;
    child.stdout!.destroy();
    expect((await ended).status).toBe(141);
  });

  it('whose data are not there ends at once', async () => {
    const { status, stderr } = await runTrain(['--data', 'nowhere', '--dashboard', '0']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^dashboard: .*\ntrain: --data nowhere: no such file or folder/);
  });

  it('is refused a port that is taken, before it trains', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    const result = await runTrain([...args(ENDLESS), '--dashboard', String(port)]);
    server.close();
    expect(result).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^train: --dashboard \d+: another program uses this port .*\n$/),
    });
  });

  it.each(['65536', '-1', '1.5', 'http', ''])('is refused %o as a port', async (port) => {
    expect(await refusalOf(() => parseTrainCommand(['--dashboard', port]))).toMatchObject({
      status: 2,
      message: expect.stringMatching(/^--dashboard .*: expected a port from 1 to 65535, or 0 for any free port$/),
    });
  });

  it('is refused beside --mpi', async () => {
    expect(await refusalOf(() => parseTrainCommand(['--dashboard', '--mpi']))).toMatchObject({
      status: 2,
      message: expect.stringMatching(/^--dashboard\b.*--mpi/),
    });
  });

  it('has a port of its own where none is given', () => {
    expect(parseTrainCommand(['--dashboard'])?.dashboard).toBe(DEFAULT_PORT);
    expect(parseTrainCommand(['--dashboard', '0', '--epochs', '1'])).toMatchObject({
      dashboard: 0,
      options: { epochs: 1 },
    });
    expect(parseTrainCommand([])?.dashboard).toBeUndefined();
  });
});
