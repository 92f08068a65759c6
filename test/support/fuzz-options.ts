/** Mutated options: arguments for the command, and objects for a program. Run by `watched`. */
import { parseTrainCommand } from '../../bin/commands/train-options.js';
import { checkOptions, type Given, OPTION_NAMES } from '../../src/config/options.js';
import { Random } from '../../src/model/random.js';
import { flagOf } from '../../src/text/words.js';
import type { FuzzTask } from './fuzz-tensors.js';
import { Tally, verdictOf } from './judge.js';
import { mutateBytes, mutateValue, once, pick } from './mutate.js';
import type { Mark } from './watched.js';

const FLAGS = [
  ...OPTION_NAMES.map((name) => `--${flagOf(name)}`),
  ...['--format', '--no-progress', '--tensorboard', '--dashboard', '--no-mpi', '--'],
  ...['-t', '-d', '-e', '-b', '-h', '-V', '--help', '--version', '--no-threads', '--constructor', '--__proto__'],
];
const VALUES = [
  ...[
    '',
    ' ',
    '0',
    '1',
    '2',
    '-1',
    '+5',
    '1.5',
    '.5',
    '5.',
    '1e3',
    '1e999',
    '-0',
    '0x10',
    '1_000',
    '１',
    'NaN',
    'Infinity',
  ],
  ...[
    'none',
    '10',
    '512,256',
    '10,,20',
    ',',
    '1,',
    'mnist',
    'auto',
    'simd',
    'sliced',
    'dense',
    'sum',
    'mean',
    'ndjson',
    'yes',
    'standard',
    'adam',
    'cosine',
    'a.csv',
  ],
  ...[
    'a/b',
    '/dev/null',
    'a\0b',
    'a\nb\r\n',
    '\u001b[31mred',
    '\u2028',
    '💥',
    '\ud800',
    '%s%d%j',
    '$HOME',
    '__proto__',
  ],
  ...['2147483647', '2147483648', '9007199254740991', '9007199254740993', '1'.repeat(400), `${'1,'.repeat(500)}1`],
];
/** Beyond what a terminal takes: a pattern that matches in many ways would take minutes. */
const LONG = [
  `${'1'.repeat(200_000)}x`,
  ' '.repeat(200_000),
  'e'.repeat(200_000),
  '1,'.repeat(100_000),
  '-'.repeat(200_000),
];
/** What commander itself says of a long argument holds all of it. */
const MOST_CHARACTERS = 250_000;

const NAMES = [...OPTION_NAMES, 'constructor', 'nothing'];
const hollow = new Array<number>(5);
const cyclic: unknown[] = [];
cyclic.push(cyclic);
const OBJECTS: readonly unknown[] = [
  ...[Symbol('s'), 10n, Number.NaN, Number.POSITIVE_INFINITY, -0, new Date(0), new Map([[1, 2]]), /x/, hollow, cyclic],
  ...[() => 1, new Uint8Array(9), Object.create(null), [1, undefined], new Proxy({}, {}), Object(5), Object('mnist')],
  ...[
    { toString: () => 5 },
    {
      [Symbol.toPrimitive]: () => {
        throw new Error('none');
      },
    },
    { toJSON: null },
  ],
  ...[
    {
      [Symbol.for('nodejs.util.inspect.custom')]: () => {
        throw new Error('none');
      },
    },
    [[1], [2]],
    ['1', 2],
    true,
    false,
  ],
];

export async function fuzzOptions({ seed, from, to }: FuzzTask, mark: Mark): Promise<Tally[]> {
  const tallies = ['options: arguments', 'options: objects'].map((kind) => new Tally(kind));
  for (let index = from; index < to; index++) {
    const random = new Random(seed, index);
    const isObject = once(3, random);
    const tally = tallies[isObject ? 1 : 0]!;
    mark(`${tally.kind} ${index}`);
    const given = isObject ? objectOf(random) : argumentsOf(random);
    const began = performance.now();
    const { message, violation } = await verdictOf<unknown>(
      () => (isObject ? checkOptions(given as Given) : parseTrainCommand(given as string[])),
      '',
      isObject ? undefined : MOST_CHARACTERS,
    );
    tally.cases++;
    if (message !== undefined) tally.refused++;
    if (violation !== undefined) tally.violations.push(`case ${index}: ${violation}`);
    tally.seconds += (performance.now() - began) / 1000;
  }
  return tallies;
}

function argumentsOf(random: Random): string[] {
  return Array.from({ length: 1 + random.below(5) }, () => {
    const flag = once(10, random) ? mutatedText(pick(FLAGS, random), random) : pick(FLAGS, random);
    const value = randomValue(random);
    if (once(3, random)) return [`${flag}=${value}`];
    return once(6, random) ? [`${flag}${value}`] : once(5, random) ? [flag] : [flag, value];
  }).flat();
}

function randomValue(random: Random): string {
  if (once(300, random)) return pick(LONG, random);
  return once(4, random) ? mutatedText(pick(VALUES, random), random) : pick(VALUES, random);
}

function mutatedText(text: string, random: Random): string {
  return Buffer.from(mutateBytes(Buffer.from(text), [Buffer.from(pick(VALUES, random))], random)).toString('utf8');
}

function objectOf(random: Random): Record<string, unknown> {
  const entries = Array.from({ length: 1 + random.below(3) }, (): [string, unknown] => {
    const value = once(2, random) ? pick(OBJECTS, random) : mutateValue(pick([1, 'x', [10]], random), random);
    return [pick(NAMES, random), value];
  });
  return Object.fromEntries(entries);
}
