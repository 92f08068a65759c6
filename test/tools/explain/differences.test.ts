/** What the page says of a training that does more than plain steps. */
import { describe, expect, it } from 'vitest';
import { CONFIG_NAMES, OPTIONS } from '../../../src/config/options.js';
import { differencesOf } from '../../../src/tools/explain/differences.js';

describe('differences from plain steps', () => {
  it('are none by default, or if nothing is known', () => {
    expect(differencesOf((option) => OPTIONS[option].default)).toEqual([]);
    expect(differencesOf(() => undefined)).toEqual([]);
    expect(differencesOf(() => null)).toEqual([]);
  });

  it('are named, whether the option has one value or a list', () => {
    const config: Record<string, unknown> = { dropout: [0, 0.5], inputDropout: 0.2, flip: true, maxNorm: 3, shift: 0 };
    expect(differencesOf((option) => config[option])).toEqual([
      'dropout',
      'dropout of inputs',
      'random mirroring',
      'a maximum norm',
    ]);
    config.dropout = [0, 0];
    expect(differencesOf((option) => config[option])).not.toContain('dropout');
  });

  it('are asked for by the names of options', () => {
    const asked: string[] = [];
    differencesOf((option) => asked.push(option));
    expect(asked.length).toBeGreaterThan(10);
    expect(CONFIG_NAMES).toEqual(expect.arrayContaining(asked));
  });
});
