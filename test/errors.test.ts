/** Messages quote what people and files say, and stay one short line whatever that is. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseTrainCommand } from '../bin/commands/train-options.js';
import { report } from '../bin/main.js';
import { errors, reason, shown } from '../src/errors.js';
import { refusalOf } from './support/refusals.js';

const MANY = 200_000;

describe('a message', () => {
  it('has one line, whatever it quotes', () => {
    expect(errors.usage('a\nb\r\n  c\u2028d').message).toBe('a b c d; see train --help');
    expect(errors.notACheckpoint('x', 'it is a\rmodel').message).toBe(
      'x: not a checkpoint that can be used: it is a model',
    );
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
