/**
 * A file that shows that a process is alive: a Unix socket on which the process listens. The system closes it when the
 * process ends for any reason, and then refuses connections from any container of the machine.
 *
 * Without sockets (Windows, some network file systems), and between machines that share a folder, the process instead
 * updates the modification time of the file every ten seconds. This is weaker: a suspended process appears dead.
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

/**
 * Contains the name of the machine, and what is locked if it is not the folder. A sign is created as `.new`, and renamed to `.lock`
 * when it is complete.
 */
const NAME = /^\.lockstep-([0-9a-f]{8})-[0-9a-f]{16}(?:\.([0-9a-f]{8}))?\.(lock|new)$/;
/** Content of a sign without a socket. */
const TEXT = /^A Lockstep run writes in this folder: ([0-9a-f]{8}-\w+-\d+)\n$/;
const MOST_TEXT_BYTES = 200;

const BEAT_MS = 10_000;
/** Network file systems may show a new time up to a minute later. */
const SILENCE_MS = 75_000;
/** More than the clocks of machines differ. */
const LONG_AGO_MS = 3_600_000;
const LOOK_MS = 250;
/** A sign is `.new` for milliseconds. */
const STILLBORN_MS = 10_000;

/** `statfs` types of file systems mounted by only one machine: ext2 to 4, XFS, Btrfs, F2FS, tmpfs, overlayfs. */
const OF_ONE_MACHINE = [0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x01021994, 0x794c7630];

export interface SignOptions {
  /** (8 hexadecimal digits) What is locked in the folder. Signs with other keys have no effect. @default the folder itself */
  readonly key?: string;
  /** For tests, as the following. @default as above */
  readonly usesSockets?: boolean;
  readonly beatMs?: number;
  readonly silenceMs?: number;
}

export class SignOfLife {
  #name: string;
  readonly #folder: string;
  readonly #options: Required<Omit<SignOptions, 'key'>>;
  readonly #key: string | undefined;
  #server: Server | undefined;
  #beat: NodeJS.Timeout | undefined;

  constructor(folder: string, options: SignOptions = {}) {
    this.#folder = path.resolve(folder);
    this.#key = options.key;
    this.#name = unusedName(this.#key);
    const { usesSockets = process.platform !== 'win32', beatMs = BEAT_MS, silenceMs = SILENCE_MS } = options;
    this.#options = { usesSockets, beatMs, silenceMs };
  }

  /**
   * Creates the sign. It does not keep the process running.
   *
   * @returns its name, which is never reused
   * @throws the system error if no file can be created
   */
  async show(): Promise<string> {
    const { usesSockets, beatMs } = this.#options;
    this.#server = usesSockets ? await this.#listen() : undefined;
    if (!this.#server) {
      // Another process may be about to remove the dead socket, so its name must not be reused.
      this.#name = unusedName(this.#key);
      const made = this.#pathOf(this.#newName);
      await writeFile(made, `A Lockstep run writes in this folder: ${ownerName()}\n`, { flag: 'wx' });
      await rename(made, this.#pathOf(this.#name));
    }
    const file = this.#pathOf(this.#name);
    this.#beat = setInterval(() => {
      const now = new Date();
      utimes(file, now, now).catch(() => undefined);
    }, beatMs).unref();
    return this.#name;
  }

  /** Synchronous, because the process may be about to exit. */
  hide(): void {
    clearInterval(this.#beat);
    try {
      unlinkSync(this.#pathOf(this.#name));
    } catch {
      // Already removed, or others will find it dead.
    }
    this.#server?.close();
  }

  /**
   * The signs of other live processes. Signs of dead processes are removed.
   *
   * @throws the system error if the folder cannot be read
   */
  async others(): Promise<string[]> {
    const alive: string[] = [];
    for (const { name, machine, isNew } of await this.#signs()) {
      const state = await this.#stateOf(name, machine);
      if (state === 'alive' && !isNew) alive.push(name);
      // A young `.new` sign may belong to a process that is just starting.
      if (state === 'dead' && !(isNew && (await this.#ageOf(name)) < STILLBORN_MS)) await this.#remove(name);
    }
    return alive;
  }

  /** Whether another process on this machine is alive. Changes nothing, and does not wait. */
  async isAnswered(): Promise<boolean> {
    for (const { name, machine, isNew } of await this.#signs()) {
      if (!isNew && machine === machineName() && (await this.#connect(name)) === 'alive') return true;
    }
    return false;
  }

  async #signs() {
    return (await readdir(this.#folder)).flatMap((name) => {
      const [, machine, key, state] = NAME.exec(name) ?? [];
      if (machine === undefined || key !== this.#key || name === this.#name) return [];
      return [{ name, machine, isNew: state === 'new' }];
    });
  }

  /**
   * @returns undefined if the file system does not support sockets
   * @throws the system error if file descriptors run out
   */
  async #listen(): Promise<Server | undefined> {
    // Loaded on demand: only runs with checkpoints need it.
    const { createServer } = await import('node:net');
    const server = createServer((socket) => socket.destroy());
    let shortage: unknown;
    try {
      const near = socketFolder(this.#folder, this.#name);
      try {
        await new Promise<void>((resolve, reject) => {
          server.once('error', reject);
          // Writable, so that other users can connect. (Without `exclusive`, cluster workers share their parent's socket.)
          server.listen({ path: near.pathOf(this.#newName), writableAll: true, exclusive: true }, resolve);
        });
      } finally {
        near.close();
      }
      server.on('error', () => undefined);
      server.unref();
      await rename(this.#pathOf(this.#newName), this.#pathOf(this.#name));
      // On some file systems sockets exist, but refuse connections.
      if ((await this.#connect(this.#name)) === 'alive') return server;
    } catch (error) {
      // Any other error means no sockets, or no files at all: then writing the file fails, too.
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
        // From before the last boot.
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
      // An unreadable sign may belong to a live run of another user.
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
          // Other errors prove nothing, so it may be alive.
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

  /** A failure is harmless, because names are never reused. */
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

function unusedName(key: string | undefined): string {
  return `.lockstep-${machineName()}-${randomBytes(8).toString('hex')}${key === undefined ? '' : `.${key}`}.lock`;
}

/** File descriptors ran out, which proves nothing about the sign. */
function isShortage(error: unknown): boolean {
  return hasCode(error, 'EMFILE') || hasCode(error, 'ENFILE');
}
