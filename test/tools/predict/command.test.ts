/** `lockstep predict` as a filter: what it takes, what it refuses and in which words, and its manners in a pipe. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictCommand } from '../../../bin/commands/predict.js';
import { type Folder, idxBytes, temporaryFolder } from '../../support/idx-files.js';
import { tensorFile } from '../../support/plain-model.js';
import { refusedBy } from '../../support/refused-command.js';
import { runHere } from '../../support/run-here.js';
import { lockstepCommand, runLockstep } from '../../support/run-lockstep.js';
import { TRIES_ALL, valuesOf } from '../../support/thoroughness.js';

const run = promisify(execFile);

let folder: Folder;
/** Four inputs, two classes: class 1 where the first input is above the last. */
let model: string;
beforeAll(() => {
  folder = temporaryFolder();
  model = folder.write(
    'model.safetensors',
    tensorFile(
      [
        [-9, 9],
        [0, 0],
        [0, 0],
        [9, -9],
      ],
      [0, 0],
    ),
  );
});
afterAll(() => folder.remove());

const predict = (args: readonly string[], input: string | Iterable<string | Uint8Array> = '') =>
  runHere(['predict', model, ...args], input);
const classes = (stdout: string) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { class: number }).class);

const FIRST = '[1,0,0,0]';
const LAST = '[0,0,0,1]';

describe.concurrent('lines', () => {
  it('are arrays, or objects with an id, which comes back as it is', async () => {
    const input = `${FIRST}\n{"id":"a\\"b","x":${LAST}}\r\n\n  \n{"x":${FIRST},"id":7,"more":{}}\n{"id":null,"x":${LAST}}`;
    const { status, stdout, stderr } = await predict([], input);
    expect([status, stderr]).toEqual([0, '']);
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(found.map((line) => ('id' in line ? line.id : undefined))).toEqual([undefined, 'a"b', 7, null]);
    expect(classes(stdout)).toEqual([1, 0, 1, 0]);
    expect(Object.keys(found[1]!)).toEqual(['id', 'class', 'probability', 'probabilities']);
  });

  it('may be none', async () => {
    if (TRIES_ALL) expect(await predict([])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(await predict([], '\n\n')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('may begin with a byte order mark, and come in any pieces', async () => {
    const bytes = Buffer.from(`\ufeff{"id":"é","x":${FIRST}}\n${LAST}\n`);
    const { stdout, stderr } = await predict(
      [],
      Array.from(bytes, (byte) => Uint8Array.of(byte)),
    );
    expect(stderr).toBe('');
    expect(JSON.parse(stdout.split('\n')[0]!)).toMatchObject({ id: 'é', class: 1 });
    expect(classes(stdout)).toEqual([1, 0]);
  });

  it('of pixels are divided by 255', async () => {
    const [pixels, inputs] = await Promise.all([
      predict(['--pixels'], '[51,0,0,0]\n[255,0,0,255]'),
      predict([], `[${51 / 255},0,0,0]\n[1,0,0,1]`),
    ]);
    expect(pixels).toEqual(inputs);
    expect(classes(pixels.stdout)).toEqual([1, 0]);
  });

  it('that seem to be pixels are predicted as they are, with one hint', async () => {
    const { status, stdout, stderr } = await predict([], '[0,0,0,200]\n[0,0,0,200]\n');
    expect(stderr).toBe(
      'lockstep predict: line 1: numbers above 1, but the network was trained on pixels / 255; add --pixels if these are pixels\n',
    );
    expect([status, classes(stdout)]).toEqual([0, [0, 0]]);
  });

  it('--top k gives the best, best first', async () => {
    const { stdout } = await predict(['--top', '1'], LAST);
    expect(JSON.parse(stdout)).toMatchObject({ class: 0, top: [[0, expect.closeTo(1, 6)]] });
    expect(stdout).not.toContain('probabilities');
  });

  it('--format pretty is a table', async () => {
    const { stdout } = await predict(['--format', 'pretty'], `${FIRST}\n{"id":"a\\u001bb","x":${LAST}}`);
    expect(stdout).toBe(
      [
        `${'sample'.padEnd(28)}  class  probability  then`,
        `${'line 1'.padEnd(28)}      1     100.00 %  0 0.00 %`,
        `${'a\ufffdb'.padEnd(28)}      0     100.00 %  1 0.00 %`,
        '',
      ].join('\n'),
    );
  });
});

/** Each bad in its own way, and what is said of it. */
const BAD: readonly (readonly [string, string])[] = [
  ['[1,2,3]', 'a sample of 3 numbers; expected 4, the inputs of the network'],
  ['[1,0,null,0]', 'number 2 of a sample is null; expected a finite float32'],
  ['[1,0,0,"5"]', 'number 3 of a sample is 5; expected a finite float32'],
  ['[1e39,0,0,0]', 'number 0 of a sample is 1e+39; expected a finite float32'],
  ['[1e400,0,0,0]', 'number 0 of a sample is Infinity; expected a finite float32'],
  ['7', '7: not a sample; expected an array of numbers, or {"id": …, "x": [numbers]}'],
  ['{"id":1}', '{ id: 1 }: not a sample; expected an array of numbers, or {"id": …, "x": [numbers]}'],
  ['{"id":[1],"x":[0,0,0,0]}', 'id 1; expected a string, or a number that JSON keeps exactly; write it as a string'],
  [
    '{"id":12345678901234567890,"x":[0,0,0,0]}',
    'id 12345678901234567000; expected a string, or a number that JSON keeps exactly; write it as a string',
  ],
];

describe.concurrent('bad lines', () => {
  it('are named, with what is wrong, and skipped', async () => {
    const { status, stdout, stderr } = await predict([], [FIRST, ...BAD.map(([line]) => line), LAST].join('\n'));
    const messages = BAD.map(([, message], i) => `lockstep predict: line ${i + 2}: ${message}\n`);
    expect(stderr).toBe(`${messages.join('')}lockstep predict: 2 predicted, ${BAD.length} could not be used\n`);
    expect([status, classes(stdout)]).toEqual([0, [1, 0]]);
  });

  it('that are no JSON, or not UTF-8', async () => {
    const { status, stderr } = await predict([], [Buffer.from('[1,0,\n'), Buffer.from([0x5b, 0xff, 0x5d])]);
    expect(stderr).toMatch(/^lockstep predict: line 1: invalid JSON \(.+\); expected an array of numbers/);
    expect(stderr).toContain('\nlockstep predict: line 2: invalid UTF-8; expected JSON\n');
    expect(status).toBe(0);
  });

  it('--pixels beyond 255', async () => {
    const { stderr } = await predict(['--pixels'], '[0,256,0,0]');
    expect(stderr).toMatch(/^lockstep predict: line 1: number 1 of a sample is 256; expected 0 to 255/);
  });

  it('are shown twenty times, and counted', async () => {
    const { status, stdout, stderr } = await predict([], `${'x\n'.repeat(50)}${FIRST}\n`);
    const lines = stderr.trim().split('\n');
    expect(lines).toHaveLength(21);
    expect(lines[19]).toMatch(/^lockstep predict: line 20: /);
    expect(lines[20]).toBe('lockstep predict: 1 predicted, 50 could not be used (30 of them not shown)');
    expect([status, classes(stdout)]).toEqual([0, [1]]);
  });

  it('end it with --strict, and those before are written', async () => {
    const { status, stdout, stderr } = await predict(['--strict'], `${FIRST}\n${LAST}\n[1]\n${FIRST}\n`);
    expect(stderr).toBe('lockstep predict: line 3: a sample of 1 numbers; expected 4, the inputs of the network\n');
    expect([status, classes(stdout)]).toEqual([1, [1, 0]]);
  });

  it('without an end take no memory', async () => {
    const piece = Buffer.alloc(1 << 20, '1');
    function* input() {
      for (let i = 0; i < valuesOf(600, 450); i++) yield piece;
      yield `\n${FIRST}\n`;
    }
    const tellsPeak = 'data:text/javascript,process.on("exit",()=>console.error(process.resourceUsage().maxRSS))';
    const { stdout, stderr } = await runLockstep(['predict', model], input(), ['--import', tellsPeak]);
    const lines = stderr.trim().split('\n');
    expect(lines[0]).toMatch(
      /^lockstep predict: line 1: longer than 1,048,576 bytes; expected one JSON value per line/,
    );
    expect(classes(stdout)).toEqual([1]);
    // KiB: about 100 MiB is Node and the network.
    expect(Number(lines.at(-1))).toBeLessThan(400 * 1024);
  });
});

describe.concurrent('files', () => {
  const white = (x: number, y: number) => Uint8Array.from({ length: 4 }, (_, p) => (p === y * 2 + x ? 255 : 0));

  it('are pictures, by name, and IDX files, by position', async () => {
    const png = folder.write('a.png', encode({ width: 2, height: 2, channels: 1, data: white(1, 1) }));
    const pgm = folder.write('b.pgm', 'P2 # comment\n2 2 9\n9 0\n0 0\n');
    const idx = folder.write('c.idx', idxBytes([2, 2, 2], [...white(0, 0), ...white(1, 1)]));
    const { status, stdout, stderr } = await predict([png, pgm, idx]);
    expect([status, stderr]).toEqual([0, '']);
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: unknown; file?: string; class: number });
    expect(found.map(({ id, file, class: label }) => [id, file, label])).toEqual([
      [png, undefined, 0],
      [pgm, undefined, 1],
      [0, idx, 1],
      [1, idx, 0],
    ]);
  });

  it('of another size are refused, but for --resize; the others are predicted, and the status is 1', async () => {
    const large = folder.write('large.pgm', `P2 4 4 9\n9 9 0 0\n9 9 0 0\n${'0 '.repeat(8)}\n`);
    const fits = folder.write('fits.pgm', 'P2 2 2 9 0 0 0 9');
    const { status, stdout, stderr } = await predict([large, fits]);
    expect(stderr).toBe(
      `lockstep predict: ${large}: 4x4 pixels; expected 2x2; add --resize to fit the image\n` +
        'lockstep predict: 1 predicted, 1 could not be used\n',
    );
    expect([status, classes(stdout)]).toEqual([1, [0]]);
    expect(classes((await predict([large, fits, '--resize'])).stdout)).toEqual([1, 0]);
    expect(classes((await predict([fits, '--invert'])).stdout)).toEqual([1]);
  });

  it('that are missing, or of another kind, are named', async () => {
    const text = folder.write('notes.txt', 'hello');
    const missing = path.join(folder.path, 'missing.png');
    const { status, stderr } = await predict([missing, text]);
    expect(stderr).toMatch(/missing\.png: cannot be read \(ENOENT/);
    expect(stderr).toContain(`${text}: unsupported file type; expected PNG, PGM (P2 or P5), an IDX file of images`);
    expect(status).toBe(1);
  });

  it.sequential.each([
    [['--shape', '3x1', 'x.png'], '--shape 3x1: expected 4 pixels, the inputs of the network'],
    [['--shape', '2', 'x.png'], '--shape 2: expected width x height, such as 28x28'],
    [['--resize'], '--resize: requires image files as arguments'],
    [['--pixels', 'x.png'], '--pixels: only for samples given as lines; image and IDX files always hold pixels'],
    [['-', 'x.jsonl', '--invert'], '--invert: requires image files as arguments'],
    [['-', 'x.png', '-'], '-: stdin can be read only once'],
    [['--top', '0'], '--top 0: expected a whole number of at least 1'],
    [['--top', '3'], '--top 3: expected 1 to 2, the classes of the network'],
  ])('%j is wrong usage', async (args, message) => {
    expect(await refusedBy(() => predictCommand([model, ...args]))).toEqual({ status: 2, line: message });
  });

  it('of wrong usage the command says one line, and nothing on stdout', async () => {
    const stderr = 'lockstep predict: --resize: requires image files as arguments\n';
    expect(await predict(['--resize'])).toEqual({ status: 2, stdout: '', stderr });
  });
});

describe('files of lines', () => {
  it('are told by their names, and may stand beside stdin and pictures', async () => {
    const lines = folder.write('a.jsonl', `{"id":"a","x":${FIRST}}\n[1]\n${LAST}`);
    const one = folder.write('one.JSON', LAST);
    const picture = folder.write('p.pgm', 'P2 2 2 9 9 0 0 0');
    const { status, stdout, stderr } = await predict([lines, '-', picture, one], `\n${FIRST}\n`);
    expect(stderr).toBe(
      `lockstep predict: ${lines} line 2: a sample of 1 numbers; expected 4, the inputs of the network\n` +
        'lockstep predict: 5 predicted, 1 could not be used\n',
    );
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id?: unknown; file?: string; class: number });
    expect(found.map(({ id, file, class: label }) => [file, id, label])).toEqual([
      [lines, 'a', 1],
      [lines, undefined, 0],
      [undefined, undefined, 1],
      [undefined, picture, 1],
      [one, undefined, 0],
    ]);
    expect(status).toBe(0);
  });

  it('named .json may be a document: a sample, or an array of them', async () => {
    const many = folder.write('many.json', JSON.stringify([[1, 0, 0, 0], { id: 7, x: [0, 0, 0, 1] }, [1], 5], null, 2));
    const one = folder.write('one.json', JSON.stringify({ id: 'a', x: [1, 0, 0, 0] }, null, 2));
    const none = folder.write('none.json', '{\n  "private": true\n}\n');
    const { status, stdout, stderr } = await predict([many, one, none]);
    expect(classes(stdout)).toEqual([1, 0, 1]);
    expect(stderr.split('\n')).toEqual([
      `lockstep predict: ${many} sample 3: a sample of 1 numbers; expected 4, the inputs of the network`,
      `lockstep predict: ${many} sample 4: 5: not a sample; expected an array of numbers, or {"id": …, "x": [numbers]}`,
      `lockstep predict: ${none} the document: { private: true }: not a sample; expected an array of numbers, or {"id": …, "x": [numbers]}`,
      'lockstep predict: 3 predicted, 3 could not be used',
      '',
    ]);
    expect(status).toBe(0);
  });

  it('that are missing, or folders, are named, and the status is 1', async () => {
    const missing = path.join(folder.path, 'missing.ndjson');
    const { status, stderr } = await predict([missing, '-'], FIRST);
    expect(stderr).toMatch(/missing\.ndjson: cannot be read \(ENOENT/);
    expect(status).toBe(1);
  });

  it('of pixels are divided by 255', async () => {
    const file = folder.write('pixels.ndjson', '[51,0,0,0]\n');
    const [pixels, inputs] = await Promise.all([
      predict(['--pixels', '--top', '1', file]),
      predict(['--top', '1'], '[0.2,0,0,0]'),
    ]);
    const probability = (stdout: string) => (JSON.parse(stdout) as { probability: number }).probability;
    expect(probability(pixels.stdout)).toBe(probability(inputs.stdout));
  });
});

// util-linux's script gives a process a terminal.
describe.skipIf(process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0)(
  'a terminal (skipped where there is no script)',
  () => {
    it('for stdin is told what is waited for', async () => {
      const command = `'${process.execPath}' '${lockstepCommand}' predict '${model}' --format ndjson`;
      const script = spawn('script', ['-qec', command, '/dev/null'], { stdio: 'pipe' });
      let shown = '';
      for await (const chunk of script.stdout) {
        const before = shown;
        shown += String(chunk);
        // (The terminal shows what is typed, too. Ctrl-D is the end of input at the start of a line.)
        if (!before.includes('\n') && shown.includes('\n')) script.stdin.write(`${FIRST}\n\u0004`);
      }
      expect(shown).toMatch(/^lockstep predict: reading samples from the terminal, .*; end with Ctrl-D/);
      expect(shown).toContain('"class":1');
    });
  },
);

describe('in a pipe', () => {
  const shell = async (script: string) => {
    const { stdout, stderr } = await run('bash', ['-c', `${script}; echo "\${PIPESTATUS[@]}" >&2`]);
    return { stdout, stderr: stderr.trim().split('\n') };
  };
  const command = () => `'${process.execPath}' '${lockstepCommand}' predict '${model}'`;

  it('whose reader goes away it ends quietly with 141, though its writer goes on', async () => {
    const { stdout, stderr } = await shell(`yes '${FIRST}' | ${command()} | head -1`);
    expect(classes(stdout)).toEqual([1]);
    expect(stderr).toHaveLength(1);
    expect(stderr[0]!.split(' ').slice(1)).toEqual(['141', '0']);
  });

  it.skipIf(process.platform !== 'linux')(
    'that is full it says so, status 1 (skipped where there is no /dev/full)',
    async () => {
      const { stderr } = await shell(`yes '${FIRST}' | ${command()} > /dev/full`);
      expect(stderr).toHaveLength(2);
      expect(stderr[0]).toMatch(/^lockstep predict: stdout cannot be written \(.*ENOSPC/);
      expect(stderr[1]!.split(' ')[1]).toBe('1');
    },
  );

  it('answers each line as it comes, and SIGINT ends it at once', async () => {
    const child = spawn(process.execPath, [lockstepCommand, 'predict', model], { stdio: 'pipe' });
    child.stdin.write(`${FIRST}\n`);
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    expect(classes(chunk.toString())).toEqual([1]);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([null, 'SIGINT']);
  });
});
