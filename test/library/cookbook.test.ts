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
beforeAll(async () => {
  folder = temporaryFolder();
  for (const name of ['node_modules', 'examples']) symlinkSync(path.join(root, name), path.join(folder.path, name));
  // As npx, which would look for the package in this folder.
  const npx = `#!/bin/sh\nname=$1; shift\nexec '${process.execPath}' "${root}/bin/$name.mjs" "$@"\n`;
  const file = folder.write('npx', npx);
  chmodSync(file, 0o755);
  bin = folder.path;
  for (const { command } of MAKERS) made.push({ command, ...(await inShell(command)) });
});
afterAll(() => folder.remove());

/** Recipes that print nothing make the files that the others read. */
const MAKERS = recipes.filter(({ output }) => output === undefined);
const READERS = recipes.filter(({ output }) => output !== undefined);
const made: { readonly command: string; readonly stdout: string; readonly stderr: string }[] = [];

const inShell = (command: string) =>
  run('bash', ['-eo', 'pipefail', '-c', command], {
    cwd: folder.path,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  });

const isThere = (tool: string) => !spawnSync(tool, ['--version']).error;

describe('the cookbook', () => {
  it('has its recipes, each of them with what is to be run', () => {
    expect(recipes.length).toBe(text.split('<!-- run').length - 1);
    expect(new Set(recipes.flatMap(({ tools }) => tools))).toEqual(new Set(['jq', 'mlr', 'duckdb', 'gnuplot']));
  });

  it('has recipes that make files, and print nothing', () => {
    expect(made.length).toBeGreaterThan(0);
    expect(made).toEqual(MAKERS.map(({ command }) => ({ command, stdout: '', stderr: '' })));
  });

  for (const { command, output, tools, mayVary } of READERS) {
    const needs = tools.length > 0 ? ` (skipped where there is no ${tools.join(', ')})` : '';
    it.skipIf(!tools.every(isThere))(`${command}${needs}`, async () => {
      const { stdout, stderr } = await inShell(command);
      expect(stderr).toBe('');
      if (mayVary) expect(lettersOf(stdout)).toEqual(lettersOf(output!));
      else expect(withoutEnds(stdout)).toBe(withoutEnds(output!));
    });
  }
});

/** Numbers and words, without the lines that are drawn between them and that a tool's versions draw differently. */
function lettersOf(drawing: string): string[] {
  return [...new Set(drawing.match(/[\w.]*[\d]|[a-z]{2,}/g))].sort();
}

/** Spaces at the ends of lines, which a document does not keep. */
function withoutEnds(lines: string): string {
  return lines.replaceAll(/[ \t]+$/gm, '').trim();
}
