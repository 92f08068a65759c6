/** Starts a built command. Plain JavaScript that exists before the build, because npx remembers a missing command. */
import { existsSync } from 'node:fs';

export async function start(name) {
  const built = new URL(`../dist/bundle/${name}.js`, import.meta.url);
  if (existsSync(built)) return await import(built.href);
  console.error(`${name}: not built yet; run \`npm run build\`, then try again`);
  process.exitCode = 1;
}
