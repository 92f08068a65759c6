/** The threads that help to read tables. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Readers, startReaders } from '../../../src/data/table/parts/readers.js';
import { endClaims, newClaims, type ScanTask } from '../../../src/data/table/parts/scan-claimed.js';
import { temporaryFolder } from '../../support/idx-files.js';

const SCANNER = new URL('../../../src/data/table/parts/assembly/scanner.wasm', import.meta.url);
const READERS = new URL('../../../src/data/table/parts/readers.js', import.meta.url).href;

const folder = temporaryFolder();
const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, i) => `${i},text ${i}\n`).join(''));
const file = folder.write('table.csv', BYTES);
let fd = 0;
const all: Readers[] = [];

beforeAll(() => {
  fd = openSync(file, 'r');
});
afterEach(() => {
  for (const readers of all.splice(0)) readers.end();
});
afterAll(() => {
  closeSync(fd);
  folder.remove();
});

function started(threads: number): Readers {
  const readers = startReaders(threads);
  all.push(readers);
  return readers;
}

/** Each row is a part. */
function task(): ScanTask {
  const cuts = [0, ...[...BYTES.keys()].filter((at) => BYTES[at] === 0x0a).map((at) => at + 1)];
  const module = new WebAssembly.Module(readFileSync(SCANNER));
  return { kind: 'scan', fd, cuts, claims: newClaims(), width: 2, delimiter: 0x2c, comment: -2, seed: 1, module };
}

describe('threads that read', () => {
  it('that cannot start reject their tasks', async () => {
    const missing = startReaders(1, new URL('file:///there/is/none.js'));
    await expect(missing.all[0]!.scan(task(), () => undefined)).rejects.toThrow(/none\.js/);
  });

  it('share the parts, each of which is scanned once', async () => {
    const own = task();
    const seen: number[] = [];
    const { all: threads, release } = started(3);
    await Promise.all(threads.map((thread) => thread.scan(own, (index, part) => seen.push(part ? index : -1))));
    release();
    expect(seen.sort((a, b) => a - b)).toEqual(own.cuts.slice(1).map((_, i) => i));
  });

  it('are used again, and only once at a time', async () => {
    const first = started(2);
    const second = started(2);
    expect(new Set([...first.all, ...second.all]).size).toBe(4);
    first.release();
    const third = started(3);
    expect(third.all.filter((thread) => first.all.includes(thread))).toHaveLength(2);
    expect(third.all.some((thread) => second.all.includes(thread))).toBe(false);
    second.release();
    third.release();
  });

  it('are not used again while they have a task that nobody waits for', async () => {
    const first = started(1);
    const own = task();
    const scanned = first.all[0]!.scan(own, () => undefined);
    endClaims(own);
    first.release();
    const second = started(1);
    expect(second.all[0]).not.toBe(first.all[0]);
    await scanned;
    expect(started(1).all[0]).toBe(first.all[0]);
  });

  it('reject their tasks when they are ended, and are not used again', async () => {
    const readers = started(1);
    const own = task();
    const scanned = readers.all[0]!.scan(own, () => undefined);
    readers.end();
    await expect(scanned).rejects.toThrow('has ended');
    await expect(readers.all[0]!.scan(own, () => undefined)).rejects.toThrow('has ended');
    readers.release();
    expect(started(1).all[0]).not.toBe(readers.all[0]);
  });

  it('report what goes wrong, and can be used again', async () => {
    const { all: threads, release } = started(1);
    await expect(threads[0]!.scan({ ...task(), fd: 1e6 }, () => undefined)).rejects.toThrow('EBADF');
    let parts = 0;
    await threads[0]!.scan(task(), () => parts++);
    expect(parts).toBe(1000);
    release();
  });

  it.each([
    ['that wait for a table', 'await new Promise((resolve) => setTimeout(resolve, 300)); release();'],
    ['that have not started yet', 'release();'],
    [
      'that scan',
      'all[0].scan({ kind: "scan", fd: 0, cuts: [0], claims: new Int32Array(new SharedArrayBuffer(4)) }); release();',
    ],
  ])('%s do not keep the process alive', (_, use) => {
    const code = `import { startReaders } from '${READERS}'; const { all, release } = startReaders(1); ${use}
      const begin = performance.now(); process.on('exit', () => console.log(performance.now() - begin < 1000));`;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'true\n' });
  });
});
