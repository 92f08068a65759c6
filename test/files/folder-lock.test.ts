/** The lock of a folder: one run has it, and it goes with the process that had it. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FolderLock, isLocked, lockFolder } from '../../src/files/folder-lock.js';
import { machineName, ownerName } from '../../src/files/owner.js';
import type { SignOptions } from '../../src/files/sign-of-life.js';
import { type Folder, temporaryFolder } from '../support/idx-files.js';
import { root } from '../support/paths.js';
import { valuesOf } from '../support/thoroughness.js';

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const release = (lock: FolderLock | undefined) => lock?.[Symbol.dispose]();
const names = (at = folder.path) => readdirSync(at);

/** As fast as a test wants it. */
const BEATING: SignOptions = { usesSockets: false, beatMs: 100, silenceMs: 1500 };

describe.each([
  ['by a socket', {}],
  ['by a file whose time changes, where there are no sockets', BEATING],
] as const)('%s', (_, options) => {
  it('one has it, in one process too, until it is released; then nothing is left', async () => {
    const lock = await lockFolder(folder.path, options);
    expect(lock).toBeDefined();
    expect(names()).toEqual([expect.stringMatching(/^\.lockstep-[0-9a-f]{8}-[0-9a-f]{16}\.lock$/)]);
    expect(await lockFolder(folder.path, options)).toBeUndefined();
    expect(names()).toHaveLength(1);
    release(lock);
    expect(names()).toEqual([]);
    const next = await lockFolder(folder.path, options);
    expect(next).toBeDefined();
    release(next);
  });

  it('of many that come at once exactly one has it', async () => {
    const locks = await Promise.all(Array.from({ length: valuesOf(10, 5) }, () => lockFolder(folder.path, options)));
    expect(locks.filter(Boolean)).toHaveLength(1);
    for (const lock of locks) release(lock);
    expect(names()).toEqual([]);
  });

  it('a process that is killed has it no more, and what it left is removed', async () => {
    const module = pathToFileURL(path.join(root, 'dist/src/files/folder-lock.js')).href;
    const script = `
      const { lockFolder } = await import(${JSON.stringify(module)});
      const lock = await lockFolder(process.argv[1], ${JSON.stringify(options)});
      console.log(lock === undefined ? 'no' : 'yes');
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data).trim())));
    expect(said).toBe('yes');
    expect(await lockFolder(folder.path, options)).toBeUndefined();
    await new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill('SIGKILL');
    });
    expect(names()).toHaveLength(1);
    const lock = await lockFolder(folder.path, options);
    expect(lock).toBeDefined();
    expect(names()).toHaveLength(1);
    release(lock);
  });
});

describe('a folder whose path is longer than a socket may have', () => {
  it('is locked like any other', async () => {
    const deep = path.join(folder.path, 'a'.repeat(100), 'ö'.repeat(60));
    mkdirSync(deep, { recursive: true });
    const lock = await lockFolder(deep);
    expect(names(deep)).toHaveLength(1);
    expect(await isLocked(deep)).toBe(true);
    expect(await lockFolder(deep)).toBeUndefined();
    release(lock);
    expect(names(deep)).toEqual([]);
    const next = await lockFolder(deep);
    expect(next).toBeDefined();
    release(next);
  });
});

describe('what is not a sign', () => {
  it.each(['file', 'empty file', 'folder'])('a %s of such a name is left, and locks nothing', async (kind) => {
    const name = `.lockstep-${machineName()}-0123456789abcdef.lock`;
    if (kind === 'folder') mkdirSync(path.join(folder.path, name));
    else folder.write(name, kind === 'file' ? 'mine' : '');
    const lock = await lockFolder(folder.path);
    expect(lock).toBeDefined();
    release(lock);
    expect(names()).toEqual([name]);
  });

  it('a socket of another name is left', async () => {
    const server = createServer().listen(path.join(folder.path, 'other.lock'));
    const lock = await lockFolder(folder.path);
    release(lock);
    expect(names()).toEqual(['other.lock']);
    server.close();
  });
});

describe('a sign of another machine', () => {
  const name = '.lockstep-00000000-0123456789abcdef.lock';
  const write = () => {
    const text = `A Lockstep run writes in this folder: ${ownerName().replace(/^\w+/, '00000000')}\n`;
    writeFileSync(path.join(folder.path, name), text);
    return text;
  };

  it('locks while its time changes', async () => {
    const text = write();
    const beat = setInterval(write, 100);
    expect(await lockFolder(folder.path, BEATING)).toBeUndefined();
    clearInterval(beat);
    expect(readFileSync(path.join(folder.path, name), 'utf8')).toBe(text);
  });

  it('is removed when it does not', async () => {
    write();
    const lock = await lockFolder(folder.path, BEATING);
    expect(lock).toBeDefined();
    expect(names()).not.toContain(name);
    release(lock);
  });
});
