/** docs/cookbook.md, command for command: what stands under one is what it prints. */
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Folder, temporaryFolder } from '../support/idx-files.js';
import { root } from '../support/paths.js';

const run = promisify(execFile);

interface Recipe {
  readonly command: string;
  /** Undefined: it prints nothing. */
  readonly output: string | undefined;
  readonly tools: readonly string[];
  readonly mayVary: boolean;
}

const RECIPE = /<!-- run(?:: ([\w ]+))?(, output may vary)? -->\n```sh\n([^`]+)```(?:\n\n```text\n([^`]*)```)?/g;
const text = readFileSync(path.join(root, 'docs/cookbook.md'), 'utf8');
const recipes = [...text.matchAll(RECIPE)].map(
  ([, tools, varies, command = '', output]): Recipe => ({
    command,
    output,
    tools: tools?.split(' ') ?? [],
    mayVary: varies !== undefined,
  }),
);

let folder: Folder;
let bin: string;
beforeAll(() => {
  folder = temporaryFolder();
  symlinkSync(path.join(root, 'node_modules'), path.join(folder.path, 'node_modules'));
  // As npx, which would look for the package in this folder.
  const npx = `#!/bin/sh\nname=$1; shift\nexec '${process.execPath}' "${root}/bin/$name.mjs" "$@"\n`;
  const file = folder.write('npx', npx);
  chmodSync(file, 0o755);
  bin = folder.path;
});
afterAll(() => folder.remove());

const isThere = (tool: string) => !spawnSync(tool, ['--version']).error;

describe('the cookbook', () => {
  it('has its recipes, each of them with what is to be run', () => {
    expect(recipes.length).toBe(text.split('<!-- run').length - 1);
    expect(new Set(recipes.flatMap(({ tools }) => tools))).toEqual(new Set(['jq', 'mlr', 'duckdb', 'gnuplot']));
  });

  // In their order: the first one makes what the others read.
  for (const { command, output, tools, mayVary } of recipes) {
    it.skipIf(!tools.every(isThere))(command, async () => {
      const { stdout, stderr } = await run('bash', ['-eo', 'pipefail', '-c', command], {
        cwd: folder.path,
        env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
      });
      expect(stderr).toBe('');
      if (mayVary) expect(stdout).not.toBe('');
      else expect(withoutEnds(stdout)).toBe(withoutEnds(output ?? ''));
    });
  }
});

/** Spaces at the ends of lines, which a document does not keep. */
function withoutEnds(lines: string): string {
  return lines.replaceAll(/[ \t]+$/gm, '').trim();
}
