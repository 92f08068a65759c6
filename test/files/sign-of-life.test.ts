/** Signs of life where the system fails: sockets that refuse, removals that come late, too few file descriptors. */
import { mkdirSync, type PathLike, readdirSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockCheckpointFolder, requireCheckpointFolder } from '../../src/checkpoints/folder.js';
import { lockFolder } from '../../src/files/folder-lock.js';
import { SignOfLife } from '../../src/files/sign-of-life.js';
import { type Folder, temporaryFolder } from '../support/idx-files.js';
import { refusalOf } from '../support/refusals.js';

/** Replaces a function of Node until the end of the test. */
function replace(module: object, name: string, by: (...args: never[]) => unknown): void {
  const before: unknown = Reflect.get(module, name);
  Reflect.set(module, name, by);
  syncBuiltinESMExports();
  restores.push(() => Reflect.set(module, name, before));
}
const restores: (() => boolean)[] = [];
const { unlink } = fs;
const { connect } = net;

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  for (const restore of restores.splice(0)) restore();
  syncBuiltinESMExports();
  folder.remove();
});

const names = () => readdirSync(folder.path);

/** A promise that is settled from outside. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const BEATING = { beatMs: 100, silenceMs: 1500 };

describe('where sockets can be made but not connected to', () => {
  beforeEach(() => {
    // Systems refuse to connect to a regular file as they do to a dead socket.
    const file = path.join(folder.path, 'refuses');
    writeFileSync(file, '');
    replace(net, 'connect', () => connect(file));
  });

  it('the lock is a regular file, and only one run holds it', async () => {
    const lock = await lockFolder(folder.path, BEATING);
    expect(lock).toBeDefined();
    expect(await lockFolder(folder.path, BEATING)).toBeUndefined();
    lock?.[Symbol.dispose]();
    expect(names()).toEqual(['refuses']);
  });

  it('a process that found the socket dead, and removes it late, does not remove the file', async () => {
    const [socketFoundDead, fileShown] = [gate(), gate()];
    const [holder, remover] = [new SignOfLife(folder.path, BEATING), new SignOfLife(folder.path, BEATING)];
    // The holder removes first what it made before it knew: until then the socket is there for others to find.
    const holderRemoves = gate();
    let removals = 0;
    const delayedUnlink = async (file: PathLike) => {
      removals++;
      if (removals === 1) {
        holderRemoves.open();
        await socketFoundDead.opened;
      } else if (removals === 2) {
        socketFoundDead.open();
        await fileShown.opened;
      }
      await unlink(file);
    };
    replace(fs, 'unlink', delayedUnlink);
    const showing = holder.show();
    await holderRemoves.opened;
    const looking = remover.others();
    await showing;
    fileShown.open();
    expect(await looking).toEqual([]);
    expect(await lockFolder(folder.path, BEATING)).toBeUndefined();
    holder.hide();
    expect(names()).toEqual(['refuses']);
  });
});

describe.each(['EMFILE', 'ENFILE'])('too few file descriptors (%s)', (code) => {
  const shortage = () => Object.assign(new Error(`${code}: too many open files`), { code });
  const failToConnect = () => replace(net, 'connect', () => new net.Socket().destroy(shortage()));
  const message = expect.stringMatching(new RegExp(`^--checkpoint-dir .*${code}.*ulimit -n`)) as string;
  const own = () => path.join(folder.path, 'run');

  it('are not taken for another run that holds the folder', async () => {
    const lock = await lockCheckpointFolder(own());
    failToConnect();
    for (const act of [lockCheckpointFolder, requireCheckpointFolder]) {
      expect(await refusalOf(() => act(own()))).toMatchObject({ message, status: 1 });
    }
    lock[Symbol.dispose]();
    expect(readdirSync(own())).toEqual([]);
  });

  it('nor where the lock is a regular file', async () => {
    mkdirSync(own());
    const lock = await lockFolder(own(), { usesSockets: false });
    replace(fs, 'readFile', () => Promise.reject(shortage()));
    expect(await refusalOf(() => lockCheckpointFolder(own()))).toMatchObject({ message, status: 1 });
    lock?.[Symbol.dispose]();
  });

  it('do not make the lock a weaker one, and leave nothing', async () => {
    failToConnect();
    expect(await refusalOf(() => lockCheckpointFolder(own()))).toMatchObject({ message, status: 1 });
    expect(readdirSync(own())).toEqual([]);
  });
});
