/** Temporary files: a run removes those of processes that are gone, and nothing else, whatever lies in the folder. */
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockCheckpointFolder } from '../../src/checkpoints/folder.js';
import { openOutput, writeInAnyCase, writeOutput } from '../../src/files/output.js';
import { ownerName } from '../../src/files/owner.js';
import { type Folder, temporaryFolder } from '../support/idx-files.js';

/** Beyond the largest number that Linux gives to a process. */
const GONE = ownerName().replace(/\d+$/, String(2 ** 22 + 1));
const ALIVE = ownerName().replace(/\d+$/, String(process.ppid));
const OTHER_CONTAINER = GONE.replace(/-\w+-/, '-1-');
const OTHER_MACHINE = GONE.replace(/^\w+/, '00000000');

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const names = () => readdirSync(folder.path).sort();

/** As a run does it that has been accepted; what is there then. */
async function open(): Promise<string[]> {
  const lock = await lockCheckpointFolder(folder.path);
  lock[Symbol.dispose]();
  return names();
}

const save = () => openOutput({ flag: '--save', file: path.join(folder.path, 'model.safetensors'), kind: 'model' });

describe('in the folder for checkpoints', () => {
  it.each([GONE, ALIVE, OTHER_CONTAINER, OTHER_MACHINE, `${ownerName()}.2`])(
    'a half-written checkpoint of %s is removed: whoever wrote it held the lock',
    async (owner) => {
      folder.write(`.epoch-000001.safetensors.lockstep-checkpoint-${owner}.tmp`, 'half');
      expect(await open()).toEqual([]);
    },
  );

  it('nothing else is', async () => {
    const others = [
      `.epoch-000001.safetensors.lockstep-model-${GONE}.tmp`,
      `.notes.txt.lockstep-checkpoint-${GONE}.tmp`,
      // As earlier versions called theirs, and others may.
      `.epoch-000001.safetensors.${2 ** 22 + 1}.tmp`,
      `epoch-000001.safetensors.lockstep-checkpoint-${GONE}.tmp`,
      '.hidden',
      'epoch-000001.safetensors',
    ];
    for (const name of others) folder.write(name, 'half');
    expect(await open()).toEqual(others.sort());
  });

  it('a folder, a symbolic link or a socket of such a name is left, and stops no start', async () => {
    const nameOf = (epoch: number) => `.epoch-00000${epoch}.safetensors.lockstep-checkpoint-${GONE}.tmp`;
    mkdirSync(path.join(folder.path, nameOf(1)));
    symlinkSync('/nowhere', path.join(folder.path, nameOf(2)));
    const server = createServer().listen(path.join(folder.path, nameOf(3)));
    const all = [nameOf(1), nameOf(2), nameOf(3)];
    expect(await open()).toEqual(all);
    await save();
    expect(names()).toEqual(all);
    server.close();
  });
});

describe('beside the file that the model is saved to', () => {
  it('what a process that is gone left of that file is removed', async () => {
    for (const number of ['', '.2']) folder.write(`.model.safetensors.lockstep-model-${GONE}${number}.tmp`, 'half');
    await save();
    expect(names()).toEqual([]);
  });

  it.each(['svg', 'png', 'onnx', 'npz'] as const)('so it is where a file is only written (%s)', async (kind) => {
    folder.write(`.output.lockstep-${kind}-${GONE}.tmp`, 'half');
    const others = [ALIVE, OTHER_CONTAINER, OTHER_MACHINE].map((owner) => `.output.lockstep-${kind}-${owner}.tmp`);
    for (const name of others) folder.write(name, 'half');
    await writeOutput({ flag: '-o', file: path.join(folder.path, 'output'), kind }, [Buffer.from('new')]);
    expect(names()).toEqual([...others, 'output'].sort());
  });

  it.each([
    ['of a process that lives', `.model.safetensors.lockstep-model-${ALIVE}.tmp`],
    ['of this process', `.model.safetensors.lockstep-model-${ownerName()}.tmp`],
    ['of another container', `.model.safetensors.lockstep-model-${OTHER_CONTAINER}.tmp`],
    ['of another machine', `.model.safetensors.lockstep-model-${OTHER_MACHINE}.tmp`],
    ['of another file', `.other.safetensors.lockstep-model-${GONE}.tmp`],
    ['that is not ours', `.model.safetensors.${2 ** 22 + 1}.tmp`],
  ])('one %s is left', async (_, name) => {
    folder.write(name, 'half');
    await save();
    expect(names()).toEqual([name]);
  });
});

it('a model that is written beside its name removes the leftovers of the file that it becomes', async () => {
  folder.write('model.safetensors', 'mine');
  folder.write(`.model-2.safetensors.lockstep-model-${GONE}.tmp`, 'half');
  await writeInAnyCase(path.join(folder.path, 'model.safetensors'), 'model', [Buffer.from('new')]);
  expect(names()).toEqual(['model-2.safetensors', 'model.safetensors']);
});

/** Parts that names of ours and names like ours are made of, with others in between. */
const part = fc.oneof(
  fc.constantFrom('.', '-', 'epoch-000001.safetensors', 'model.safetensors', 'tmp', 'lock', 'new', 'lockstep'),
  fc.constantFrom('checkpoint', 'model', '1234', GONE, OTHER_MACHINE, '0123456789abcdef'),
  fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
);
const anyName = fc
  .array(part, { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join('').replaceAll(/[/\0]/g, '_'))
  .filter((name) => name !== '.' && name !== '..' && Buffer.byteLength(name) < 200);
const kind = fc.constantFrom('file', 'empty file', 'folder', 'link');

/** What only Lockstep makes, and only of names that it gives: these may go. */
const OURS =
  /^\.((epoch|step)-\d{6,}\.safetensors\.lockstep-checkpoint|model\.safetensors\.lockstep-model)-[0-9a-f]{8}-\w+-\d+(\.\d+)?\.tmp$/;

it('whatever is in the folder and not ours stays, of whatever kind, and stops no start', async () => {
  const entries = fc.uniqueArray(fc.tuple(anyName, kind), { selector: ([name]) => name, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(entries, async (all) => {
      for (const [name, kind] of all) {
        const at = path.join(folder.path, name);
        if (kind === 'folder') mkdirSync(at);
        else if (kind === 'link') symlinkSync('/nowhere', at);
        else writeFileSync(at, kind === 'file' ? 'mine' : '');
      }
      const before = names();
      await save();
      await open();
      const after = new Set(names());
      const kindOf = new Map(all);
      const gone = before.filter((name) => !after.has(name));
      expect(gone.filter((name) => !OURS.test(name) || !kindOf.get(name)!.endsWith('file'))).toEqual([]);
      for (const name of names()) rmSync(path.join(folder.path, name), { recursive: true });
    }),
    { numRuns: 150 },
  );
});
