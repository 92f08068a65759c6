/** Messages quote what people and files say, and stay one short line whatever that is. */
import { describe, expect, it } from 'vitest';
import { parseTrainCommand } from '../bin/commands/train-options.js';
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
