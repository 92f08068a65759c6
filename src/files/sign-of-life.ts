/**
 * A file that shows that a process lives: a Unix socket that it listens on. The system closes it with the process, whatever
 * ends that, and says so to whoever connects, in any container of the machine.
 *
 * Where there can be no sockets (Windows, some network file systems), and between machines that share a folder, the file's
 * time shows it: the process sets it anew every ten seconds. That is weaker: a process that is suspended is taken for dead.
 */
import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { lstat, readdir, readFile, rename, statfs, unlink, utimes, writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../errors.js';
import { isGone, machineName, ownerName } from './owner.js';
import { socketFolder } from './socket-path.js';

/** With the machine's name in it. A sign is made as `.new`, and renamed when it shows what it is to show. */
const NAME = /^\.lockstep-([0-9a-f]{8})-[0-9a-f]{16}\.(lock|new)$/;
/** In a file that is no socket. */
const TEXT = /^A Lockstep run writes in this folder: ([0-9a-f]{8}-\w+-\d+)\n$/;
const MOST_TEXT_BYTES = 200;

const BEAT_MS = 10_000;
/** Network file systems may show a new time a minute later. */
const SILENCE_MS = 75_000;
/** Machines' clocks differ, but not by so much. */
const LONG_AGO_MS = 3_600_000;
const LOOK_MS = 250;
/** A sign is `.new` for milliseconds. */
const STILLBORN_MS = 10_000;

/** Types, as `statfs` has them, of file systems that one machine alone mounts: ext2 to 4, XFS, Btrfs, F2FS, tmpfs, overlayfs. */
const OF_ONE_MACHINE = [0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x01021994, 0x794c7630];

/** For tests. @default as above */
export interface SignOptions {
  readonly usesSockets?: boolean;
  readonly beatMs?: number;
  readonly silenceMs?: number;
}

export class SignOfLife {
  #name = unusedName();
  readonly #folder: string;
  readonly #options: Required<SignOptions>;
  #server: Server | undefined;
  #beat: NodeJS.Timeout | undefined;

  constructor(folder: string, options: SignOptions = {}) {
    this.#folder = path.resolve(folder);
    const { usesSockets = process.platform !== 'win32', beatMs = BEAT_MS, silenceMs = SILENCE_MS } = options;
    this.#options = { usesSockets, beatMs, silenceMs };
  }

  /**
   * Shows it. It keeps no process alive.
   *
   * @returns its name, which no other sign ever has
   * @throws the system's error if no file can be made there
   */
  async show(): Promise<string> {
    const { usesSockets, beatMs } = this.#options;
    this.#server = usesSockets ? await this.#listen() : undefined;
    if (!this.#server) {
      // Another process may have found the socket dead and be about to remove it, so the file must not reuse its name.
      this.#name = unusedName();
      const made = this.#pathOf(this.#newName);
      await writeFile(made, `A Lockstep run writes in this folder: ${ownerName()}\n`, { flag: 'wx' });
      await rename(made, this.#pathOf(this.#name));
    }
    const file = this.#pathOf(this.#name);
    this.#beat = setInterval(() => {
      const now = new Date();
      // (Somebody may have removed it.)
      utimes(file, now, now).catch(() => undefined);
    }, beatMs).unref();
    return this.#name;
  }

  /** Takes it away, at once: the process may be about to exit. */
  hide(): void {
    clearInterval(this.#beat);
    try {
      unlinkSync(this.#pathOf(this.#name));
    } catch {
      // It is gone already, or will be found dead.
    }
    this.#server?.close();
  }

  /**
   * Others' signs in the folder that live. Those of dead processes are removed.
   *
   * @throws the system's error if the folder cannot be read
   */
  async others(): Promise<string[]> {
    const alive: string[] = [];
    for (const { name, machine, isNew } of await this.#signs()) {
      const state = await this.#stateOf(name, machine);
      if (state === 'alive' && !isNew) alive.push(name);
      // Removed too early, a `.new` one would only have to be made again.
      if (state === 'dead' && !(isNew && (await this.#ageOf(name)) < STILLBORN_MS)) await this.#remove(name);
    }
    return alive;
  }

  /** Whether a process of this machine answers there: nothing is touched or waited for. */
  async isAnswered(): Promise<boolean> {
    for (const { name, machine, isNew } of await this.#signs()) {
      if (!isNew && machine === machineName() && (await this.#connect(name)) === 'alive') return true;
    }
    return false;
  }

  async #signs() {
    return (await readdir(this.#folder)).flatMap((name) => {
      const [, machine, state] = NAME.exec(name) ?? [];
      if (machine === undefined || name === this.#name) return [];
      return [{ name, machine, isNew: state === 'new' }];
    });
  }

  /**
   * @returns undefined where there can be no sockets
   * @throws the system's error if there are too few descriptors to find out
   */
  async #listen(): Promise<Server | undefined> {
    // Loaded by runs with checkpoints alone.
    const { createServer } = await import('node:net');
    const server = createServer((socket) => socket.destroy());
    let shortage: unknown;
    try {
      const near = socketFolder(this.#folder, this.#name);
      try {
        await new Promise<void>((resolve, reject) => {
          server.once('error', reject);
          // Other users are to connect, too. (In a cluster its first process would listen for all, but for `exclusive`.)
          server.listen({ path: near.pathOf(this.#newName), writableAll: true, exclusive: true }, resolve);
        });
      } finally {
        near.close();
      }
      server.on('error', () => undefined);
      server.unref();
      await rename(this.#pathOf(this.#newName), this.#pathOf(this.#name));
      // Some file systems keep sockets that nobody can connect to.
      if ((await this.#connect(this.#name)) === 'alive') return server;
    } catch (error) {
      // Otherwise there are no sockets, or nothing at all can be made there: the file will tell.
      if (isShortage(error)) shortage = error;
    }
    server.close();
    for (const name of [this.#newName, this.#name]) await this.#remove(name);
    if (shortage !== undefined) throw shortage;
    return undefined;
  }

  async #stateOf(name: string, machine: string): Promise<'alive' | 'dead' | 'not a sign'> {
    const file = this.#pathOf(name);
    try {
      const info = await lstat(file);
      if (info.isSocket()) {
        if (machine === machineName()) return await this.#connect(name);
        // It is from before the last boot.
        if (await this.#isOfOneMachine()) return 'dead';
      } else {
        const [, owner] =
          (info.isFile() && info.size < MOST_TEXT_BYTES && TEXT.exec(await readFile(file, 'utf8'))) || [];
        if (owner === undefined) return 'not a sign';
        if (isGone(owner)) return 'dead';
      }
      return (await this.#beats(name, info.mtimeMs)) ? 'alive' : 'dead';
    } catch (error) {
      if (isShortage(error)) throw error;
      // Where it cannot be looked at, another user's run may live.
      return hasCode(error, 'ENOENT') ? 'dead' : 'alive';
    }
  }

  async #beats(name: string, since: number): Promise<boolean> {
    if (Date.now() - since > LONG_AGO_MS) return false;
    for (let waited = 0; waited < this.#options.silenceMs; waited += LOOK_MS) {
      await sleep(LOOK_MS);
      if ((await lstat(this.#pathOf(name))).mtimeMs !== since) return true;
    }
    return false;
  }

  async #connect(name: string): Promise<'alive' | 'dead'> {
    const { connect } = await import('node:net');
    const near = socketFolder(this.#folder, name);
    try {
      return await new Promise((resolve, reject) => {
        const socket = connect(near.pathOf(name), () => {
          socket.destroy();
          resolve('alive');
        });
        socket.on('error', (error) => {
          if (isShortage(error)) reject(error);
          // Any other error but a refusal says nothing: then it may live.
          else resolve(hasCode(error, 'ECONNREFUSED') || hasCode(error, 'ENOENT') ? 'dead' : 'alive');
        });
      });
    } finally {
      near.close();
    }
  }

  async #isOfOneMachine(): Promise<boolean> {
    const { type } = await statfs(this.#folder);
    return OF_ONE_MACHINE.includes(type >>> 0);
  }

  async #ageOf(name: string): Promise<number> {
    const info = await lstat(this.#pathOf(name)).catch(() => undefined);
    return info ? Date.now() - info.mtimeMs : 0;
  }

  /** It is in nobody's way if that fails: names are never used again. */
  async #remove(name: string): Promise<void> {
    await unlink(this.#pathOf(name)).catch(() => undefined);
  }

  get #newName(): string {
    return this.#name.replace(/lock$/, 'new');
  }

  #pathOf(name: string): string {
    return path.join(this.#folder, name);
  }
}

function unusedName(): string {
  return `.lockstep-${machineName()}-${randomBytes(8).toString('hex')}.lock`;
}

/** Too few file descriptors, in this process or in the system: this says nothing about the sign. */
function isShortage(error: unknown): boolean {
  return hasCode(error, 'EMFILE') || hasCode(error, 'ENFILE');
}
