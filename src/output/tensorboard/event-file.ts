/** An event file, which TensorBoard reads as it grows. It always ends with a complete record. */
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { hasCode } from '../../errors.js';
import { encodeEvent, type TensorBoardEvent } from './event-proto.js';
import { tfRecord } from './record.js';

/** From this version on, events can declare that a resumed session replaces later steps. */
const FILE_VERSION = 'brain.Event:2';

export class EventFile {
  readonly path: string;
  readonly #handle: FileHandle;
  /** Length of the complete records, in bytes. */
  #bytes = 0;
  /** A partial record could not be removed, so later records would be unreadable. */
  #isBroken = false;

  private constructor(file: string, handle: FileHandle) {
    this.path = file;
    this.#handle = handle;
  }

  /**
   * Creates a file in an existing folder.
   *
   * @param events  the first events
   * @throws the system error; then there is no file
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
   * Writes a complete record. After an error, the file ends with the previous record, and later calls may succeed.
   *
   * @throws the system error
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

  /** @throws the system error */
  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** With the name that TensorBoard expects; a number distinguishes files of the same second and process. */
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
