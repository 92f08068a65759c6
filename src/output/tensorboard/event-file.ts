/** A file of events that TensorBoard reads while it grows: whole records, whatever happens. */
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { hasCode } from '../../errors.js';
import { encodeEvent, type TensorBoardEvent } from './event-proto.js';
import { tfRecord } from './record.js';

/** Events of this version may say that a session starts (again), and what that makes void. */
const FILE_VERSION = 'brain.Event:2';

export class EventFile {
  readonly path: string;
  readonly #handle: FileHandle;
  /** Of the whole records. */
  #bytes = 0;
  /** What has been written in part could not be taken back: what came behind it could not be read. */
  #isBroken = false;

  private constructor(file: string, handle: FileHandle) {
    this.path = file;
    this.#handle = handle;
  }

  /**
   * Begins a new file in a folder that is there.
   *
   * @param events  its first ones
   * @throws the system's error; then there is no file
   */
  static async create(folder: string, wallTime: number, events: readonly TensorBoardEvent[]): Promise<EventFile> {
    const { file, handle } = await openNew(folder, wallTime);
    const created = new EventFile(file, handle);
    try {
      const version: TensorBoardEvent = { wall_time: wallTime, step: 0, file_version: FILE_VERSION };
      for (const event of [version, ...events]) await created.append(event);
      return created;
    } catch (error) {
      await handle.close();
      await unlink(file).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Hands a record to the system, whole. After an error the file ends with the last whole one, and the next may be tried.
   *
   * @throws the system's error
   */
  async append(event: TensorBoardEvent): Promise<void> {
    if (this.#isBroken) return;
    const record = tfRecord(encodeEvent(event));
    try {
      for (let from = 0; from < record.length; ) {
        from += (await this.#handle.write(record, from, record.length - from, this.#bytes + from)).bytesWritten;
      }
      this.#bytes += record.length;
    } catch (error) {
      await this.#handle.truncate(this.#bytes).catch(() => {
        this.#isBroken = true;
      });
      throw error;
    }
  }

  /** @throws the system's error */
  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Under the name that TensorBoard looks for; two files of one second and one process are told apart by a number. */
async function openNew(folder: string, wallTime: number) {
  const name = `events.out.tfevents.${Math.floor(wallTime)}.${hostname() || 'localhost'}.${process.pid}`;
  for (let number = 0; ; number++) {
    const file = path.join(folder, number === 0 ? name : `${name}.${number}`);
    try {
      return { file, handle: await open(file, 'wx') };
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
}
