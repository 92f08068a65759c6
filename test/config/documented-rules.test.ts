/** docs/options.md says which options an option needs and which it excludes: each such sentence, and each pair of options, is tried. */
import { describe, expect, it } from 'vitest';
import { optionsPage } from '../../scripts/options-page.js';
import { OPTION_NAMES, OPTIONS, type OptionName, resolveOptions } from '../../src/config/options.js';
import { LockstepError, reason } from '../../src/errors.js';
import { flagOf } from '../../src/text/words.js';
import { casesOf } from '../support/thoroughness.js';

type Options = Readonly<Record<string, unknown>>;

/** `--optimizer adam` as the page has it. */
interface Named {
  readonly name: string;
  /** Undefined: any that turns it on. */
  readonly value: string | undefined;
  readonly isAbsent: boolean;
}

interface Rules {
  /** One of each list. */
  readonly needs: readonly (readonly Named[])[];
  readonly excludes: readonly (Named & { readonly from: number })[];
}

const nameOf = (flag: string) => OPTION_NAMES.find((each) => flagOf(each) === flag) ?? `unknown ${flag}`;

function namedIn(text: string): Named[] {
  return [...text.matchAll(/(no )?`--([\w-]+)(?: ([^`]+))?`/g)].map(([, no, flag, value]) => ({
    ...{ name: nameOf(flag!), value, isAbsent: no !== undefined },
  }));
}

/** By option, from the page alone. */
const RULES = new Map(
  optionsPage()
    .split('\n')
    .filter((line) => line.startsWith('| `-'))
    .map((line) => line.split(' | '))
    .filter((cells) => cells.length > 5)
    .map((cells) => {
      const text = cells[4]!;
      const excludes = [...text.matchAll(/(?:Mutually exclusive|[Nn]ot available) with [^.]*\./g)].flatMap(([each]) =>
        namedIn(each).map((named) => ({
          ...named,
          from: /Values of at least 1 are $/.test(text.split(each)[0]!) ? 1 : 0,
        })),
      );
      const needs = [...text.matchAll(/Requires ((?:(?: or )?(?:no )?`--[^`]+`)+)\./g)].map(([, each]) =>
        namedIn(each!),
      );
      return [cells[1]!.replaceAll('`', ''), { needs, excludes }] as [string, Rules];
    }),
);

const TRIED = [true, 1, 2, 0.5, '1/5', [3], ['a'], ['a=1'], ['a=number'], 'a'];

/** Values that turn an option on. */
function valuesOf(name: string, from = 0): unknown[] {
  const { kind, default: usual } = OPTIONS[name as OptionName];
  const accepts = (value: unknown) => {
    try {
      kind.check(name, value);
      return value !== usual;
    } catch {
      return false;
    }
  };
  const all = [...(Array.isArray(kind.values) ? kind.values : []), ...TRIED];
  // (`--resume` without a path needs a folder besides.)
  const isTried = (value: unknown) => !(value === true && kind.type === 'string or boolean');
  return all.filter((value) => accepts(value) && isTried(value) && !(typeof value === 'number' && value < from));
}

const valueFor = ({ name, value, isAbsent }: Named): Options =>
  isAbsent ? {} : { [name]: value ?? valuesOf(name)[0] };

/** The option with what it needs, and what that needs. */
function complete(options: Options, choice = 0): Options {
  for (const name of Object.keys(options)) {
    for (const anyOf of RULES.get(name)?.needs ?? []) {
      if (anyOf.some((each) => isMet(each, options))) continue;
      const needed = anyOf[choice % anyOf.length]!;
      // It has another value: the options do not go together.
      if (options[needed.name] === undefined && !needed.isAbsent)
        return complete({ ...valueFor(needed), ...options }, choice);
    }
  }
  return options;
}

function isMet({ name, value, isAbsent }: Named, options: Options): boolean {
  if (isAbsent) return options[name] === undefined;
  const { default: usual } = OPTIONS[name as OptionName];
  const own = options[name] ?? (typeof usual === 'function' ? usual() : usual);
  if (value !== undefined) return own === value;
  return own !== undefined && own !== false && own !== 0 && !(Array.isArray(own) && own.length === 0);
}

/** The name of the option that is refused. */
function refusedIn(options: Options): { readonly name: string; readonly message: string } | undefined {
  try {
    resolveOptions(options);
    return undefined;
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    expect(error.status).toBe(2);
    const message = reason(error);
    return { name: nameOf(/^--([\w-]+)/.exec(message)![1]!), message };
  }
}

/** As the page says. */
function isExcluded(name: string, options: Options): boolean {
  return RULES.get(name)!.excludes.some((each) => {
    const other = options[each.name] !== undefined && isMet(each, options);
    return other && !(typeof options[name] === 'number' && options[name] < each.from);
  });
}

describe('docs/options.md', () => {
  it('has such sentences', () => {
    const all = [...RULES.values()];
    expect(RULES.size).toBe(OPTION_NAMES.length);
    expect(all.flatMap(({ needs }) => needs).length).toBeGreaterThan(25);
    expect(all.flatMap(({ excludes }) => excludes).length).toBeGreaterThan(7);
  });

  const needing = [...RULES].filter(([, { needs }]) => needs.length > 0);

  it.each(needing)('--%s is refused without what it requires, and taken with any of it', (name, { needs }) => {
    for (const value of valuesOf(name)) {
      const whole = complete({ [name]: value });
      if (isExcluded(name, whole)) continue;
      for (const anyOf of needs) {
        for (let choice = 0; choice < anyOf.length; choice++) {
          const options = complete({ [name]: value }, choice);
          if (!isExcluded(name, options)) expect(refusedIn(options)).toBeUndefined();
        }
        const others = Object.fromEntries(
          Object.entries(whole).filter(([other]) => anyOf.every((each) => each.name !== other)),
        );
        const absent = anyOf.filter(({ isAbsent }) => isAbsent).map((each) => [each.name, valuesOf(each.name)[0]]);
        const unmet = { ...others, ...Object.fromEntries(absent) };
        // Met by a default, such as --optimizer sgd.
        const usual = anyOf.filter((each) => isMet(each, unmet));
        const awayFrom = ({ name: other }: Named) =>
          valuesOf(other).find((each) => !anyOf.some((one) => one.value === undefined || one.value === each)) ?? [];
        const away = usual.map((each) => [each.name, awayFrom(each)]);
        const given = { ...unmet, ...Object.fromEntries(away) };
        const refusal = refusedIn(given);
        expect(refusal?.name).toBe(name);
        for (const each of anyOf) expect(refusal!.message).toContain(`--${flagOf(each.name)}`);
      }
    }
  });

  const excluding = [...RULES].filter(([, { excludes }]) => excludes.length > 0);

  it.each(excluding)(
    '--%s is refused with what it excludes, and taken with other values of it',
    (name, { excludes }) => {
      for (const { from, ...other } of excludes) {
        for (const value of valuesOf(name)) {
          const both = complete({ [name]: value, ...valueFor(other) });
          const isBelow = typeof value === 'number' && value < from;
          if (isBelow) expect(refusedIn(both)).toBeUndefined();
          else expect([name, other.name]).toContain(refusedIn(both)?.name);
          if (other.value === undefined) continue;
          const all = [OPTIONS[other.name as OptionName].default, ...valuesOf(other.name)];
          const free = all.filter((each) => each !== other.value);
          expect(free.some((each) => refusedIn(complete({ [name]: value, [other.name]: each })) === undefined)).toBe(
            true,
          );
        }
      }
    },
  );

  it('leaves out no pair of options that is refused', () => {
    // (Other recipes meet other requirements by their defaults.)
    const lastOf = (name: string) => (name === 'recipe' ? 'reference' : valuesOf(name).at(-1));
    const alone = OPTION_NAMES.map((name) => [name, complete({ [name]: lastOf(name) })] as const);
    const strays: string[] = [];
    for (const [i, [a, own]] of alone.entries()) {
      for (const [b, others] of casesOf(alone, (_, j) => (i + j) % 6 === 0)) {
        const options = { ...others, ...own };
        const isClear = Object.keys(options).every(
          (name) => own[name] === undefined || others[name] === undefined || own[name] === others[name],
        );
        if (a >= b || !isClear) continue;
        const names = Object.keys(options);
        const isDocumented =
          names.some((name) => isExcluded(name, options)) ||
          names.some((name) => !RULES.get(name)!.needs.every((anyOf) => anyOf.some((each) => isMet(each, options))));
        const refusal = refusedIn(options);
        if (isDocumented !== (refusal !== undefined))
          strays.push(`--${flagOf(a)} and --${flagOf(b)}: ${refusal?.message ?? 'taken'}`);
      }
    }
    expect(strays).toEqual([]);
  });
});
