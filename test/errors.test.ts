/** Messages quote what people and files say, and stay one short line whatever that is. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseTrainCommand } from '../bin/commands/train-options.js';
import { report } from '../bin/main.js';
import { errors, type LockstepError, reason, shown } from '../src/errors.js';
import { root } from './support/paths.js';
import { refusalOf } from './support/refusals.js';

const MANY = 200_000;

describe('codes', () => {
  /** Whatever an entry asks of its arguments: numbers, texts, lists, … */
  const anything: never = new Proxy(() => anything, {
    get: (_, name) => (name === Symbol.toPrimitive ? () => 7 : anything),
    apply: () => anything,
  }) as never;
  const table = Object.values(errors).map((create) => {
    const { code, status } = (create as (...args: never[]) => LockstepError)(...new Array<never>(6).fill(anything));
    return { code, status: code === 'rank_failed' ? '1 or 2' : String(status) };
  });
  const page = readFileSync(path.join(root, 'docs/errors.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `([a-z0-9_]+)` \| ([12]|1 or 2) \| \S.* \|$/gm)].map(
    ([, code, status]) => ({ code, status }),
  );
  const sorted = (codes: typeof documented) => codes.map(({ code, status }) => `${code} ${status}`).sort();

  it('are in docs/errors.md, each once and with its status, and no others are', () => {
    expect(table.length).toBeGreaterThan(100);
    expect(sorted(documented)).toEqual(sorted(table));
  });

  it('have messages whose names are different, also in different files', async () => {
    const folder = path.join(root, 'dist/src/errors/messages');
    const files = readdirSync(folder).filter((name) => name.endsWith('.js'));
    const modules: object[] = await Promise.all(files.map((name) => import(path.join(folder, name))));
    const tables = modules.flatMap((module) => Object.values(module).filter((each) => typeof each === 'object'));
    expect(tables).toHaveLength(files.length);
    expect(tables.flatMap((each) => Object.keys(each)).sort()).toEqual(Object.keys(errors).sort());
  });

  it('are those of the entries', () => {
    expect(errors.dataNotFound('x')).toMatchObject({ code: 'data_not_found', status: 1 });
    expect(errors.notUtf8()).toMatchObject({ code: 'not_utf8', status: 1 });
    expect(new Set(table.map(({ code }) => code)).size).toBe(table.length);
  });

  it("of another rank's error are its own, and of what is no code of ours the relay's", () => {
    const relayed = (code?: string) => errors.rankFailed('rank 1', 'it failed', 2, undefined, code);
    expect(relayed('data_not_found')).toMatchObject({
      code: 'data_not_found',
      status: 2,
      message: 'rank 1: it failed',
    });
    expect(relayed(undefined).code).toBe('rank_failed');
    expect(relayed('constructor').code).toBe('rank_failed');
  });
});

describe('a message', () => {
  it('has one line, whatever it quotes', () => {
    expect(errors.usage('a\nb\r\n  c\u2028d').message).toBe('a b c d; see train --help');
    expect(errors.notACheckpoint('x', 'it is a\rmodel').message).toBe('x: not a usable checkpoint: it is a model');
  });

  it('holds nothing that a terminal would obey', () => {
    expect(reason(new Error('\u001b[2Jgone\u0007'))).toBe('\ufffd[2Jgone\ufffd');
  });

  it('keeps the spaces of a path', () => {
    expect(reason('a  b/c d')).toBe('a  b/c d');
  });

  it('shows so much of a long value, not all', () => {
    expect(shown('a'.repeat(MANY))).toBe(`${'a'.repeat(200)}…`);
    expect(shown(new Array<number>(MANY).fill(1))).toHaveLength(201);
  });
});

describe('a command', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([
    [errors.usage('x'), 'train: x; see train --help\n', 2],
    [
      errors.unreadable('f', new Error('gone')),
      'train: f: cannot be read (gone); check the path and its permissions\n',
      1,
    ],
    [new TypeError('a fault of ours'), 'train: a fault of ours\n', 1],
    ['no error at all', 'train: no error at all\n', 1],
  ])('says %s in one line, and ends with its status', (error, line, status) => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(report('train', error)).toBe(status);
    expect(write.mock.calls).toEqual([[line]]);
  });
});

// Each of these took from half a minute to minutes when its pattern could match in many ways.
describe('takes no time', () => {
  it('for very many spaces', () => {
    expect(reason(' '.repeat(MANY))).toHaveLength(MANY);
  });

  it('for very many digits that are no number', async () => {
    const { message } = await refusalOf(() => parseTrainCommand(['--lr', `${'1'.repeat(MANY)}x`]));
    expect(message).toMatch(/^--lr 1{200}…: expected /);
  });
});
