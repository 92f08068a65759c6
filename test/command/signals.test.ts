/** Signals end a run in order: the step is finished, the end event is said, the exit status names the signal. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTrain } from '../support/child.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';

let data: Folder;
beforeAll(async () => {
  data = await mnistPart(2000, 100);
});
afterAll(() => data.remove());

const endless = () => ['--data', data.path, '--threads', '2', '--epochs', '1000000', '--hidden', '100'];

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s', (signal, expected) => {
  it(`ends the run with an end event and status ${expected}`, async () => {
    const { child, lines, ended } = startTrain(endless());
    const events: { event: string; status?: string; weights_sha256?: string }[] = [];
    for await (const line of lines) {
      events.push(JSON.parse(line));
      if (events.length === 3) child.kill(signal);
    }
    const { status, stderr } = await ended;
    expect(status).toBe(expected);
    expect(stderr).toBe('');
    expect(events.at(-1)).toMatchObject({ event: 'end', status: 'interrupted' });
    expect(events.at(-1)?.weights_sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

it('a signal while the data are loading ends the run too', async () => {
  const { child, lines, ended } = startTrain(['--threads', '2', '--epochs', '1000000']);
  // Its handlers stand before anything is loaded; before them, the signal's default would end it just as well.
  setTimeout(() => child.kill('SIGTERM'), 300);
  let last = '';
  for await (const line of lines) last = line;
  const { status } = await ended;
  expect([143, null]).toContain(status);
  if (status === 143) expect(JSON.parse(last)).toMatchObject({ event: 'end', status: 'interrupted' });
});

it('a second signal ends the process at once, though nobody reads its lines', async () => {
  const { child, ended } = startTrain([...endless(), '--log-every', '1']);
  // Without a reader the pipe fills up, and the end event has to wait.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  child.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill('SIGINT');
  child.stdout?.resume();
  expect(await ended).toEqual({ status: 130, stderr: '' });
});
