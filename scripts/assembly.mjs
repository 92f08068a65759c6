/**
 * Compiles AssemblyScript modules, one after another: `node scripts/assembly.mjs '[["a.ts", "--outFile", "a.wasm"]]'`. A process
 * spends most of the time for its first module on compiling the compiler.
 */
import { main } from 'assemblyscript/asc';

for (const args of JSON.parse(process.argv[2])) {
  const { error } = await main(args, { stdout: process.stderr, stderr: process.stderr });
  if (error) process.exit(1);
}
