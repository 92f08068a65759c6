/**
 * Lists the tests that were skipped, and why: what vitest's JSON reporter has written, and what their names say of it.
 *
 *   npx vitest run --reporter=json --outputFile=tests.json; node scripts/skipped-tests.mjs tests.json
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const SKIPPED = ['skipped', 'pending', 'todo', 'disabled'];
const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tests = report.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map((test) => ({ ...test, file: path.relative(process.cwd(), name) })),
);
const skipped = tests.filter(({ status }) => SKIPPED.includes(status));
const count = (wanted) => tests.filter(({ status }) => status === wanted).length;

console.log(skipped.length === 0 ? 'no test was skipped' : 'skipped tests, and why:');
for (const { file, fullName } of skipped) {
  const [, why = 'no reason is given'] = /\((skipped[^()]*(?:\([^()]*\)[^()]*)?)\)/s.exec(fullName) ?? [];
  const name = fullName.replace(`(${why})`, '').replaceAll(/\s+/g, ' ').trim();
  console.log(`  ${file}: ${name.length > 100 ? `${name.slice(0, 99)}…` : name}\n    ${why}`);
}
console.log(`${count('passed')} passed, ${count('failed')} failed, ${skipped.length} skipped`);
