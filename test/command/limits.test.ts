/** Where the system gives a process little, it says what was too little, and what helps: in one line. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import type { Folder } from '../support/mnist-part.js';
import { trainCommand } from '../support/paths.js';
import { lockstepCommand } from '../support/run-lockstep.js';

describe.skipIf(process.platform !== 'linux')('with little (on Linux)', () => {
  let folder: Folder;
  let table: string;
  let model: string;
  beforeAll(async () => {
    folder = temporaryFolder();
    table = path.join(folder.path, 'table.csv');
    model = path.join(folder.path, 'model.safetensors');
    folder.write('table.csv', Buffer.from(Array.from({ length: 40 }, (_, i) => `${i},${i % 2}\n`).join('')));
    await collect({ data: table, label: '2', batchSize: 4, hidden: [2], epochs: 1, threads: 1, save: model });
  });
  afterAll(() => folder.remove());

  const train = (threads: number) => [
    ...[trainCommand, '--data', table, '--label', '2', '--batch-size', '4', '--hidden', '2', '--epochs', '1'],
    ...['--threads', String(threads)],
  ];
  const COMMANDS: readonly (readonly [string, () => readonly string[]])[] = [
    ['train', () => train(8)],
    ['evaluate', () => [lockstepCommand, 'evaluate', model, '--data', table]],
    ['predict', () => [lockstepCommand, 'predict', model, table]],
    ['inspect', () => [lockstepCommand, 'inspect', model]],
  ];

  /** (Its core would be some hundred megabytes, had V8 its way.) */
  function runWithin(limit: string, args: readonly string[]) {
    const words = [process.execPath, ...args].map((word) => `'${word}'`).join(' ');
    return spawnSync('bash', ['-c', `ulimit -c 0; ulimit ${limit}; ${words}`], { encoding: 'utf8' });
  }

  // (How many are open at once while it is loaded differs between versions of Node: it may do with as many.)
  it.each(COMMANDS)('open files, %s works or says so', (_, args) => {
    const { status, stderr } = runWithin('-n 24', args());
    expect([0, 1]).toContain(status);
    if (status === 0) return;
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^[^\n]*EMFILE[^\n]*; allow more open files \(ulimit -n\)[^\n]*\n$/) as string,
    });
  });

  it('open files for its threads, train says so', () => {
    const { status, stderr } = runWithin('-n 64', train(64));
    expect(stderr).toMatch(/^train: [^\n]*EMFILE[^\n]*; allow more open files \(ulimit -n\)[^\n]*\n$/);
    expect(status).toBe(1);
  });

  // (So little is too little for one shared memory in Node 20 and 22; 24 and 26 make do.)
  it.each(COMMANDS.slice(0, 3))('memory, %s works or says so', (_, args) => {
    const { status, stdout, stderr } = runWithin('-v 3000000', args());
    expect([0, 1]).toContain(status);
    if (status === 0) return;
    expect(stderr).toMatch(/^[^\n]*raise the limit \(ulimit -v\)[^\n]*\n$/);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  it('memory for its threads, train says so before it starts them', () => {
    const { status, stdout, stderr } = runWithin('-v 40000000', train(64));
    expect(stderr).toMatch(
      /^train: 64 worker threads reserve .*; use fewer --threads, or raise the limit \(ulimit -v\)\n$/,
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });
});
