/** This package's version. */
import { readFileSync } from 'node:fs';

/** As package.json says. */
export function packageVersion(): string {
  // From dist/src/files/ to the package's root.
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
