/**
 * Writes modules of dist/, and all that they import, as one script for browsers. It only has to read what tsc writes, so it needs no
 * bundler: each module becomes a function, its imports become calls, and its exports are collected at its end. There are no circles
 * of imports (test/architecture.test.ts).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What the modules import of Node. Browsers need none of it: errors are shortened, and nothing is hashed. */
const NODE = {
  'node:util': '{ inspect: String, stripVTControlCharacters: (text) => text }',
  'node:crypto': '{}',
};

/** Pages from a file have no shared memory: plain memory does. */
const LOADER = `const SharedArrayBuffer = globalThis.ArrayBuffer;
const loaded = new Map();
const load = (name) => {
  if (name in node) return node[name];
  if (!loaded.has(name)) loaded.set(name, modules[name]());
  return loaded.get(name);
};
`;

/**
 * @param entries  modules, relative to dist/
 * @param main     code that calls `load` with their names
 * @param out      relative to dist/
 */
export function bundle(root, entries, main, out) {
  const dist = path.join(root, 'dist');
  const modules = new Map();
  for (const entry of entries) add(dist, entry, modules);
  const node = Object.entries(NODE).map(([name, code]) => `'${name}': ${code}`);
  const defined = [...modules].map(([name, code]) => `'${name}': () => {\n${code}},\n`);
  const text = [
    `'use strict';\n(() => {\n${LOADER}const node = { ${node.join(', ')} };\n`,
    `const modules = {\n${defined.join('')}};\n${main}\n})();\n`,
  ].join('');
  // It stands in a page.
  writeFileSync(path.join(dist, out), text.replaceAll('</script', '<\\/script'));
}

function add(dist, name, modules) {
  if (modules.has(name)) return;
  modules.set(name, '');
  const nameOf = (target) => {
    if (target in NODE) return target;
    if (!target.startsWith('.')) throw new Error(`${name} imports ${target}, which browsers do not have`);
    const found = path.posix.join(path.posix.dirname(name), target);
    add(dist, found, modules);
    return found;
  };
  modules.set(name, asFunction(name, readFileSync(path.join(dist, name), 'utf8'), nameOf));
}

function asFunction(name, text, nameOf) {
  const exported = [];
  const lines = text.split('\n').map((line) => {
    const imported = /^import \{ (.*) \} from '(.*)';$/.exec(line);
    if (imported) return `const { ${imported[1].replaceAll(' as ', ': ')} } = load('${nameOf(imported[2])}');`;
    const declared = /^export ((?:async )?(?:class|function\*?|const) (\w+).*)$/.exec(line);
    if (declared) {
      exported.push(declared[2]);
      return declared[1];
    }
    if (line === 'export {};' || line.startsWith('//# sourceMappingURL')) return '';
    if (/^(?:import|export)\b/.test(line)) throw new Error(`${name}: the bundle does not know: ${line}`);
    return line;
  });
  return `${withoutComments(lines.join('\n'))}\nreturn { ${exported.join(', ')} };\n`;
}

/** Only comments that are lines of their own. */
function withoutComments(code) {
  return code
    .replaceAll(/^\s*\/\*\*?(?:(?!\*\/)[\s\S])*\*\/\n/gm, '')
    .replaceAll(/^\s*\/\/.*\n/gm, '')
    .replaceAll(/\n{2,}/g, '\n');
}
