/** Integers beyond 2^53 are names as good as others: they keep their digits in every form of input. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect } from '../../support/events.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { runHere } from '../../support/run-here.js';
import { csvOf } from '../../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const CODES = ['9007199254740992', '9007199254740993', '-12345678901234567890', '1'];
const ROWS = Array.from({ length: 40 }, (_, i) => [CODES[i % 4]!, `0.${i}234567890123456789`, ['x', 'y'][i % 2]!]);
const [data, save] = [
  folder.write('codes.csv', csvOf([['code', 'size', 'kind'], ...ROWS])),
  `${folder.path}/m.safetensors`,
];
const objects = ROWS.map(([code, size]) => `{"code":${code},"size": ${size},"note":"a \\" 9007199254740993"}`);

let ofTable: unknown[];
beforeAll(async () => {
  await collect({ data, label: 'kind', types: ['code=category'], epochs: 2, hidden: [4], threads: 1, save });
  ofTable = await predicted([data]);
  expect(ofTable).toHaveLength(ROWS.length);
});

async function predicted(args: readonly string[], input = ''): Promise<unknown[]> {
  const { stdout, stderr } = await runHere(['predict', save, ...args, '--format', 'ndjson'], input);
  expect(stderr).toBe('');
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { probabilities: unknown }).probabilities);
}

it.each([
  ['lines of objects', [], objects.join('\n')],
  ['lines of arrays', [], ROWS.map(([code, size]) => `[${code} ,${size}]`).join('\n')],
  ['rows within samples', [], objects.map((object, i) => `{"id":${i},"x":${object}}`).join('\n')],
  ['a document', [folder.write('rows.json', `[${objects.join(',\n')}]`)], ''],
])('%s', async (_, args, input) => {
  expect(await predicted(args, input)).toEqual(ofTable);
});

it('but an id is refused, as it would come back as another', async () => {
  const { stderr, stdout } = await runHere(['predict', save], '{"id":9007199254740993,"code":1,"size":1}\n');
  expect(stdout).toBe('');
  expect(stderr).toContain('line 1: id ');
});
