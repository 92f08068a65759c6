/** Whatever is wrong with its options or data, the command says so in one line on stderr, and nothing on stdout. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTrainCommand } from '../../bin/commands/train-options.js';
import { OPTION_NAMES } from '../../src/config/options.js';
import { FILES } from '../../src/data/idx-folder.js';
import { DATA_SOURCES, LockstepError, reason } from '../../src/errors.js';
import { train } from '../../src/run/train.js';
import { flagOf } from '../../src/text/words.js';
import { type Folder, idxBytes, idxHeader, temporaryFolder, writeDataset } from '../support/idx-files.js';
import { root } from '../support/paths.js';
import { refusedBy } from '../support/refused-command.js';
import { runTrain } from '../support/run-command.js';

const TRAIN = { labels: Array.from({ length: 30 }, (_, s) => s % 3) };
const TEST = { labels: [0, 1, 2] };

let folder: Folder;
beforeAll(() => {
  folder = temporaryFolder();
  writeDataset(folder, { train: TRAIN, test: TEST });
});
afterAll(() => folder.remove());

/** Runs the command, which must refuse; returns its line, less the command's name. */
async function refusal(args: readonly string[], expectedStatus: 1 | 2): Promise<string> {
  const { status, stdout, stderr } = await runTrain(args);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^train: [^\n]+\n$/);
  expect(status).toBe(expectedStatus);
  return stderr.slice('train: '.length, -1);
}

/** The same of a run that is refused before it starts, without a process: of each status one is left to `refusal`. */
async function refusalOfRun(args: readonly string[], expectedStatus: 1 | 2): Promise<string> {
  const { options } = parseTrainCommand(args)!;
  const { status, line } = await refusedBy(async () => {
    for await (const { event } of train(options)) expect.fail(`it began, with the event ${event}`);
  });
  expect(status).toBe(expectedStatus);
  return line;
}

/** The same for what is refused before any work. */
function usageError(args: readonly string[]): string {
  try {
    parseTrainCommand(args);
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    expect(error.status).toBe(2);
    const line = reason(error);
    expect(line).not.toContain('\n');
    return line;
  }
  return expect.fail(`${args.join(' ')} was taken`);
}

const THREADS = 'expected an integer from 1 to 1,024';
const COUNT = 'expected an integer from 1 to 2,147,483,647';
const EPOCHS = 'expected an integer from 0 to 2,147,483,647';
const SEED = 'expected an integer from 0 to 9,007,199,254,740,991';
const WIDTHS = 'expected comma-separated widths from 1 to 16,777,216, such as 1000 or 512,256, or none';
const TYPES = 'expected comma-separated name=kind, such as zip=category; kinds: number, category, date';
const RATE = 'expected a positive number in the range of float32, 1e-45 to 3.4e38';

describe('wrong usage: status 2', () => {
  it.each([
    ['threads', '0', THREADS],
    ['threads', '1.5', THREADS],
    ['threads', '100000', THREADS],
    ['threads', 'abc', THREADS],
    ['hidden', '0', WIDTHS],
    ['hidden', '10,,20', WIDTHS],
    ['hidden', 'abc', WIDTHS],
    ['hidden', '-5', WIDTHS],
    ['hidden', '99999999', WIDTHS],
    ['types', 'a', TYPES],
    ['types', 'a=number,b=text', TYPES],
    ['types', '=number', TYPES],
    ['missing', 'ignore', 'expected one of fill, refuse, drop'],
    ['lr', 'NaN', RATE],
    ['lr', '0', RATE],
    ['lr', '-1', RATE],
    ['lr', 'Infinity', RATE],
    ['lr', '0x10', RATE],
    ['weight-decay', '-1', 'expected 0 or a positive number in the range of float32, 1e-45 to 3.4e38'],
    ['epochs', '-1', EPOCHS],
    ['epochs', '1.5', EPOCHS],
    ['batch-size', '0', COUNT],
    ['seed', '-1', SEED],
    ['seed', '1e+300', SEED],
    ['limit', '0', COUNT],
    ['log-every', '0', COUNT],
    ['kernel', 'gpu', 'expected one of auto, simd-fma, simd, reference'],
    ['strategy', 'fast', 'expected one of sliced, dense'],
    ['reduction', 'average', 'expected one of sum, mean'],
    ['format', 'csv', 'expected one of ndjson, pretty'],
  ])('--%s %s', (name, value, expected) => {
    expect(usageError([`--${name}`, value])).toBe(`--${name} ${value}: ${expected}`);
  });

  it('a rate that is too large for a number', () => {
    expect(usageError(['--lr', '1e999'])).toBe(`--lr Infinity: ${RATE}`);
  });

  it('an empty value', () => {
    expect(usageError(['--threads', ''])).toBe(`--threads "": ${THREADS}`);
    expect(usageError(['--data', ''])).toBe(`--data "": expected ${DATA_SOURCES}`);
    expect(usageError(['--tensorboard', ''])).toBe('--tensorboard "": expected a folder');
  });

  it('a value of several lines', async () => {
    expect(await refusal(['--kernel', 'a\nb\n  c'], 2)).toMatch(/^--kernel a b c: expected one of /);
  });

  it('an option without its value', () => {
    expect(usageError(['--epochs'])).toMatch(/--epochs <n>.* argument missing; see train --help$/);
  });

  it('an unknown option, with a proposal', () => {
    expect(usageError(['--epoch', '3'])).toBe("unknown option '--epoch' (Did you mean --epochs?); see train --help");
    expect(usageError(['-x'])).toBe("unknown option '-x'; see train --help");
  });

  it('a stray argument, by name', () => {
    expect(usageError(['mnist'])).toBe("unexpected argument 'mnist'; see train --help");
    expect(usageError(['--hidden', '512,', '256'])).toBe("unexpected argument '256'; see train --help");
  });
});

describe('options that do not fit the data: status 2', () => {
  it('a batch larger than the data', async () => {
    expect(await refusal(['--data', folder.path, '--batch-size', '31'], 2)).toBe(
      '--batch-size 31: there are only 30 training samples; choose a smaller batch or a larger --limit',
    );
  });

  it('a batch larger than what --limit leaves', async () => {
    expect(await refusalOfRun(['--data', folder.path, '--batch-size', '20', '--limit', '10'], 2)).toBe(
      '--batch-size 20: there are only 10 training samples; choose a smaller batch or a larger --limit',
    );
  });

  it('a limit larger than the data', async () => {
    expect(await refusalOfRun(['--data', folder.path, '--limit', '31', '--batch-size', '1'], 2)).toBe(
      '--limit 31: there are only 30 training samples; choose a smaller limit',
    );
  });

  it('a network larger than memory', async () => {
    expect(
      await refusalOfRun(['--data', folder.path, '--batch-size', '1', '--hidden', '16777216,16777216'], 2),
    ).toMatch(
      /^this run needs [\d.]+ GiB of shared memory, but WebAssembly can address only 4\.00 GiB; choose a smaller /,
    );
  });
});

describe('data that cannot be used: status 1', () => {
  it('a path that does not exist', async () => {
    const missing = path.join(folder.path, 'missing');
    expect(await refusal(['--data', missing], 1)).toBe(
      `--data ${missing}: no such file or folder; expected ${DATA_SOURCES}`,
    );
  });

  it('a path of several lines', async () => {
    expect(await refusal(['--data', './no\nsuch\nfolder'], 1)).toMatch(
      /^--data \.\/no such folder: no such file or folder;/,
    );
  });

  it('a path below a file', async () => {
    const below = path.join(folder.path, FILES.trainImages, 'below');
    expect(await refusalOfRun(['--data', below], 1)).toContain(`--data ${below}: `);
  });

  it('an IDX file without its folder', async () => {
    const file = path.join(folder.path, FILES.trainImages);
    expect(await refusalOfRun(['--data', file], 1)).toMatch(/: not a table \(it contains null bytes\); expected /);
  });

  const ROWS: [string, string, Buffer, string][] = [
    ['a truncated file', FILES.trainImages, idxHeader([30, 2, 2]), '0 bytes of data; the header (30 × 2 × 2) declares'],
    ['an empty file', FILES.trainLabels, Buffer.alloc(0), 'not an IDX file: the file ends after 0 bytes'],
    ['a file of another format', FILES.testLabels, Buffer.from('<html>'), 'not an IDX file: it begins with bytes 60'],
    ['a header that promises the world', FILES.testImages, idxHeader([2 ** 32 - 1, 2 ** 32 - 1]), 'truncated'],
    ['contradictory files', FILES.trainLabels, idxBytes([2], [0, 1]), 'labels; expected one label per image'],
    ['a stray label', FILES.testLabels, idxBytes([3], [0, 1, 9]), 'label 9 of sample 2; expected 0 to 2'],
    ['a single class', FILES.trainLabels, idxBytes([30], new Array(30).fill(0)), 'expected at least two classes'],
  ];

  it.each(ROWS)('%s', async (_, name, bytes, expected) => {
    const damaged = temporaryFolder();
    try {
      writeDataset(damaged, { train: TRAIN, test: TEST });
      damaged.write(name, bytes);
      const message = await refusalOfRun(['--data', damaged.path], 1);
      expect(message).toContain(path.join(damaged.path, name));
      expect(message).toContain(expected);
    } finally {
      damaged.remove();
    }
  });

  it('gzip that is truncated, and gzip that is none', async () => {
    const damaged = temporaryFolder();
    try {
      writeDataset(damaged, { train: TRAIN }, true);
      const file = damaged.write(`${FILES.trainLabels}.gz`, gzipSync(idxBytes([30], TRAIN.labels)).subarray(0, 20));
      expect(await refusalOfRun(['--data', damaged.path], 1)).toContain(`${file}: invalid gzip data (`);
      damaged.write(`${FILES.trainLabels}.gz`, idxBytes([30], TRAIN.labels));
      expect(await refusalOfRun(['--data', damaged.path], 1)).toContain(`${file}: invalid gzip data (`);
    } finally {
      damaged.remove();
    }
  });
});

// Concurrent, for what they wait for is mostly Node's start.
describe.concurrent('what is not an error', () => {
  it.each(['--help', '-h'])('%s explains every option on stdout: status 0', async (flag) => {
    const { status, stdout, stderr } = await runTrain([flag]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const explained = [...stdout.matchAll(/^ {2}(?:-\w, +)?(--[\w-]+)/gm)].map(([, name]) => name);
    const others = ['version', 'help', 'no-mpi', 'no-stratify', 'format', 'tensorboard', 'dashboard', 'no-progress'];
    expect(explained.sort()).toEqual([...OPTION_NAMES.map(flagOf), ...others].map((name) => `--${name}`).sort());
    expect(stdout).toContain('Exit status: 0 success, 1 failure, 2 wrong usage');
  });

  it.each(['--version', '-V'])("%s is the package's, on stdout: status 0", async (flag) => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await runTrain([flag])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('DEBUG asks for the stack trace, behind the line', async () => {
    const { status, stdout, stderr } = await runTrain(['--threads', '0'], { DEBUG: '1' });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^train: --threads 0: expected .*\n(.*\n)*? {4}at /);
  });
});
