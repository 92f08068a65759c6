/**
 * A disk that fails at any operation of a checkpoint's writing costs that checkpoint and nothing else, and is reported.
 * The long form, in which the system fails and not its wrapper, is test/reliability/faulty-disk.ts.
 */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainEvent, WarningEvent } from '../../src/metrics/events.js';
import { CHECKPOINTING, JOB, KEEP, kindsOf, NAMES, OFTEN, SAMPLES, WRITING } from '../support/checkpoint-job.js';
import { type DiskFault, ERRORS, type ErrorCode, type Place, withDiskFault } from '../support/disk-fault.js';
import { type Folder, temporaryFolder } from '../support/idx-files.js';
import { mnistPart } from '../support/mnist-part.js';
import { olderModel } from '../support/older-model.js';
import { type Finished, runTrain } from '../support/run-command.js';
import { casesOf } from '../support/thoroughness.js';
import {
  announcedIn,
  endOf,
  eventsOf,
  problemsIn,
  temporariesIn,
  type Undisturbed,
  undisturbed,
} from '../support/undisturbed.js';

let data: Folder;
let expected: Undisturbed;
beforeAll(async () => {
  data = await mnistPart(SAMPLES, 50);
  expected = await undisturbed([...JOB, ...OFTEN, '--data', data.path]);
});
afterAll(() => data.remove());

/** Runs with the fault, gives what came of it to `look`, and clears up. */
async function withFault(
  fault: Omit<DiskFault, 'folder'>,
  args: (folder: string) => readonly string[],
  look: (run: Finished, folder: string) => Promise<void> | void,
  prepare: (folder: Folder) => void = () => undefined,
): Promise<void> {
  const folder = temporaryFolder();
  try {
    prepare(folder);
    const { nodeArgs, environment } = withDiskFault({ ...fault, folder: folder.path });
    const run = await runTrain([...JOB, '--data', data.path, ...args(folder.path)], environment, nodeArgs);
    await look(run, folder.path);
  } finally {
    folder.remove();
  }
}

const withCheckpoints = (folder: string) => [...OFTEN, '--checkpoint-dir', folder, '--keep', String(KEEP)];
const warningsOf = (stdout: string) => eventsOf(stdout).filter(isWarning);
const isWarning = (event: TrainEvent): event is WarningEvent => event.event === 'warning';

const CODES = Object.keys(ERRORS) as ErrorCode[];

/** Each operation fails once, at every second checkpoint from the fourth on. */
const FAULTS = CHECKPOINTING.map((name, i) => ({ name, file: 4 + 2 * i, operation: i + 1 }));
const nameOf = ({ file }: Place): string => NAMES[file - 1]!;

describe.concurrent.each(casesOf(CODES, (code) => code === 'ENOSPC'))('%s', (code) => {
  it('costs a checkpoint, whichever operation fails, and not the run', async () => {
    await withFault({ manner: code, at: FAULTS }, withCheckpoints, async ({ status, stdout, stderr }, folder) => {
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(endOf(stdout)).toMatchObject({ status: 'completed', weights_sha256: expected.sha256 });

      const failed = FAULTS.filter(({ name }) => name !== 'unlink');
      const notRemoved = nameOf({ file: FAULTS.at(-1)!.file - KEEP, operation: 1 });
      const warnings = warningsOf(stdout);
      const says = (name: string) =>
        expect.stringMatching(new RegExp(`^${path.join(folder, name)} could not .*\\(${code}: ${ERRORS[code]}, .*; `));
      expect(warnings).toMatchObject([
        ...failed.map((each) => ({ code: 'checkpoint_failed', message: says(nameOf(each)) })),
        { code: 'checkpoint_not_removed', message: says(notRemoved) },
      ]);
      // Those that failed are not announced, and those between them are.
      const failedNames = failed.map(nameOf);
      expect(announcedIn(stdout)).toEqual(NAMES.filter((name) => !failedNames.includes(name)));
      // Nor do they stay, also where only the folder's flush failed; nor do temporary files.
      expect((await readdir(folder)).sort()).toEqual([notRemoved, ...NAMES.slice(-KEEP)].sort());
      expect(await problemsIn(folder, expected, announcedIn(stdout), KEEP)).toEqual([]);
    });
  });

  // (What fails once in each way fails for ever in each.)
  it.each(casesOf(['for ever'], () => code === 'ENOSPC'))(
    '%s costs all later checkpoints, and leaves the older ones',
    async () => {
      const at = NAMES.slice(14).flatMap((_, i) => WRITING.map((__, j) => ({ file: 15 + i, operation: 2 + j })));
      await withFault({ manner: code, at }, withCheckpoints, async ({ status, stdout, stderr }, folder) => {
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        expect(endOf(stdout)).toMatchObject({ status: 'completed', weights_sha256: expected.sha256 });
        expect(warningsOf(stdout).map(({ code }) => code)).toEqual(Array(16).fill('checkpoint_failed'));
        expect(announcedIn(stdout)).toEqual(NAMES.slice(0, 14));
        // (The temporary files could not be removed either.)
        const names = (await readdir(folder)).filter((name) => !name.endsWith('.tmp'));
        expect(names.sort()).toEqual(NAMES.slice(12, 14));
        expect(await problemsIn(folder, expected, announcedIn(stdout), KEEP)).toEqual([]);
      });
    },
  );
});

/** Those after which something else is left behind: the others fail as their neighbors do. */
const TELLING: readonly string[] = ['write', 'sync folder'];
const KINDS = casesOf(kindsOf(WRITING), ({ name }) => TELLING.includes(name));

describe.concurrent('--checkpoint-required', () => {
  it.each(KINDS)('ends the run if operation $operation, $name, fails', async ({ operation }) => {
    const args = (folder: string) => [...withCheckpoints(folder), '--checkpoint-required'];
    const at = [{ file: 4, operation }];
    await withFault({ manner: 'ENOSPC', at }, args, async ({ status, stdout, stderr }, folder) => {
      expect(status).toBe(1);
      expect(stderr).toMatch(/^train: .* could not be written \(ENOSPC: no space left on device, .*\); .*\n$/);
      expect(stderr).toContain(path.join(folder, NAMES[3]!));
      expect(eventsOf(stdout).at(-1)).toMatchObject({ event: 'end', status: 'failed' });
      expect(await problemsIn(folder, expected, announcedIn(stdout), KEEP, true)).toEqual([]);
      expect(await temporariesIn(folder)).toEqual([]);
    });
  });

  it('does not mind an old one that cannot be removed', async () => {
    const args = (folder: string) => [...withCheckpoints(folder), '--checkpoint-required'];
    const at = [{ file: 4, operation: CHECKPOINTING.indexOf('unlink') + 1 }];
    await withFault({ manner: 'EACCES', at }, args, ({ status, stdout, stderr }) => {
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(warningsOf(stdout)).toMatchObject([{ code: 'checkpoint_not_removed' }]);
    });
  });
});

describe.concurrent('--save', () => {
  it.each(KINDS)('says that operation $operation, $name, failed', async ({ name, operation }) => {
    const fileIn = (folder: string) => path.join(folder, 'model.safetensors');
    const args = (folder: string) => ['--save', fileIn(folder)];
    const old = (folder: Folder) => void folder.write('model.safetensors', olderModel());
    const look = async ({ status, stdout, stderr }: Finished, folder: string) => {
      expect(status).toBe(1);
      expect(stderr).toMatch(/^train: --save .* could not be written \(EIO: i\/o error, .*\); .*\n$/);
      expect(stderr).toContain(fileIn(folder));
      const end = endOf(stdout);
      expect(end).toMatchObject({ status: 'failed', weights_sha256: expected.sha256 });
      expect(end).not.toHaveProperty('saved');
      // What fails behind the renaming comes too late for the older file.
      const content = readFileSync(fileIn(folder), 'latin1');
      if (name.endsWith('folder')) expect(content).toContain(expected.sha256);
      else expect(content).toBe(olderModel().toString('latin1'));
      expect(await readdir(folder)).toEqual(['model.safetensors']);
    };
    // (The first file is made before any work, to see whether it can be.)
    await withFault({ manner: 'EIO', at: [{ file: 2, operation }] }, args, look, old);
  });
});

it('a write that does less than it was asked for is gone on with', async () => {
  const writes = FAULTS.filter(({ name }) => name === 'write');
  await withFault({ manner: 'short', at: writes }, withCheckpoints, async ({ status, stdout }, folder) => {
    expect(status).toBe(0);
    expect(warningsOf(stdout)).toEqual([]);
    expect(await problemsIn(folder, expected, announcedIn(stdout), KEEP)).toEqual([]);
  });
});
