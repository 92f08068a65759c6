/** `lockstep search` as a process: killed and started again, it repeats no trial. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { linesOf } from '../support/child.js';
import { temporaryFolder } from '../support/idx-files.js';
import { spawnQuiet } from '../support/run-command.js';
import { runHere } from '../support/run-here.js';
import { lockstepCommand, runLockstep } from '../support/run-lockstep.js';
import { IRIS } from '../support/tables.js';
import { inFull, TRIES_ALL } from '../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const job = ['search', '--data', IRIS, '--label', 'species', '--lr', '1e-3..1e-1', '--trials', '6', '--epochs', '2'];
const halving = [...job, '--halving', '2', '--at-once', '2'];

const eventsIn = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; seconds?: number; time?: string });
const timeless = (stdout: string) => eventsIn(stdout).map(({ seconds: _, time: __, ...event }) => event);

it.skipIf(!TRIES_ALL)(`killed after some trials, it continues with the log to the same end${inFull}`, async () => {
  const whole = await runLockstep(halving);
  for (const after of [2, 7, 10]) {
    const log = path.join(folder.path, `log-${after}.ndjson`);
    const child = spawnQuiet(process.execPath, [lockstepCommand, ...halving, '--log', log]);
    const ended = new Promise((resolve) => child.on('close', resolve));
    let lines = 0;
    for await (const _ of linesOf(child.stdout)) if (++lines === after) child.kill('SIGKILL');
    await ended;
    const logged = eventsIn(readFileSync(log, 'utf8'));
    expect(logged.length).toBeGreaterThanOrEqual(after);
    const { stdout, stderr, status } = await runLockstep([...halving, '--log', log]);
    expect([stderr, status]).toEqual(['', 0]);
    expect(timeless(stdout)).toEqual(timeless(whole.stdout));
    // With their times: they were not run again.
    expect(eventsIn(stdout)).toEqual(expect.arrayContaining(logged));
  }
});

it('prints a row for each trial, the best one, and what mattered', async () => {
  const { stdout, stderr, status } = await runLockstep([...job, '--hidden', '3|4', '--format', 'pretty']);
  expect([stderr, status]).toEqual(['', 0]);
  expect(stdout).toMatch(/^Search on iris.csv: 6 trials, judged by validation samples, seed 1/);
  expect(stdout.match(/^ {5}\d {6}2 +\d\.\d{5} +\d\.\d\d {2}--hidden [34] --lr 0\.\d+$/gm)).toHaveLength(6);
  expect(stdout).toMatch(/^best: trial \d, loss \d\.\d{5}\n {2}--hidden [34] --lr 0\.\d+\nwhat mattered/m);
  expect(stdout).toMatch(/^ {2}(lr|hidden) +[\d.]+ %/m);
  expect(stdout).toMatch(/^trained with the best options: test loss/m);
});

it.each([
  [[], 'nothing to search; give an option a range or choices', 2],
  [['--lr', '1..2', '--trials', '0'], '--trials 0: expected a whole number from 1', 2],
  [['--lr', '1..2', '--halving', '1'], '--halving 1: expected a whole number from 2', 2],
] as const)('%j is refused in one line', async (args, expected, status) => {
  const found = await runHere(['search', '--data', IRIS, '--label', 'species', ...args]);
  expect(found.stderr).toContain(`lockstep search: ${expected}`);
  expect(found.stderr.trim().split('\n')).toHaveLength(1);
  expect([found.stdout, found.status]).toEqual(['', status]);
});
