/** `lockstep cv` as a process. */
import { readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { linesOf } from '../support/child.js';
import { temporaryFolder } from '../support/idx-files.js';
import { spawnQuiet } from '../support/run-command.js';
import { runHere } from '../support/run-here.js';
import { lockstepCommand } from '../support/run-lockstep.js';
import { IRIS } from '../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const cv = ['cv', '--data', IRIS, '--label', 'species', '--epochs', '2'];

it('a signal ends it in order, with the status of the signal', async () => {
  const child = spawnQuiet(process.execPath, [lockstepCommand, ...cv, '--epochs', '300', '--folds', '40']);
  const events: { event: string; status?: string }[] = [];
  const ended = new Promise((resolve) => child.on('close', resolve));
  for await (const line of linesOf(child.stdout)) {
    events.push(JSON.parse(line));
    if (events.length === 2) child.kill('SIGINT');
  }
  expect(await ended).toBe(130);
  expect(events[0]!.event).toBe('cv_start');
  expect(events.at(-1)).toMatchObject({ event: 'cv_end', status: 'interrupted' });
  expect(events.length).toBeLessThan(42);
});

it('prints a row for each fold, and the means with their intervals', async () => {
  const { stdout, stderr, status } = await runHere([...cv, '--folds', '3', '--repeats', '2', '--format', 'pretty']);
  expect([stderr, status]).toEqual(['', 0]);
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(
    /^Cross-validation of iris.csv: 150 samples, 3 folds × 2 repeats, \d+ at once, 1 thread each$/,
  );
  expect(lines[3]).toMatch(/^ repeat fold training {2}tested epochs {3}test loss {2}test error {3}seconds$/);
  expect(
    lines.filter((line) => /^ {6}[12] {4}[123] {6}100 {6}50 {6}2 +\d\.\d+ +\d+\.\d\d % +\d\.\d\d$/.test(line)),
  ).toHaveLength(6);
  expect(stdout).toMatch(/^test error +\d+\.\d\d % +\d+\.\d\d % {2}\d+\.\d\d % to \d+\.\d\d %$/m);
  expect(lines.at(-2)).toMatch(/^completed: 6 folds in \d+\.\d s$/);
});

it.each([
  [['--folds', '1'], '--folds 1: expected a whole number from 2 to 10,000', 2],
  [['--save', 'x.safetensors'], "unknown option '--save'", 2],
  [['--data', 'none.csv'], '--data none.csv: no such file or folder', 1],
] as const)('%j is refused in one line', async (args, expected, status) => {
  const found = await runHere([...cv, ...args]);
  expect(found.stderr).toContain(`lockstep cv: ${expected}`);
  expect(found.stderr.trim().split('\n')).toHaveLength(1);
  expect([found.stdout, found.status]).toEqual(['', status]);
});

it('the table itself is not overwritten', async () => {
  const text = 'x,y\n1,a\n2,b\n3,a\n4,b\n';
  const data = folder.write('data.csv', text);
  const { stderr, status } = await runHere(['cv', '--data', data, '--label', 'y', '--folds', '2', '-o', data]);
  expect(stderr).toContain(`--output ${data}: `);
  expect(status).toBe(2);
  expect(readFileSync(data, 'utf8')).toBe(text);
});
