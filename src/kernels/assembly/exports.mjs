/**
 * The functions that the module exports once for each size. AssemblyScript cannot export a generic function, so the build
 * (scripts/build.mjs) writes an ordinary one for each size, with the same parameters: `forward8` calls `forwardPanel<V8>`.
 * The size is at the end of the name: `8` is a panel of 8 vectors, `3x2` a tile of 3 vectors and 2 samples or rows.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const WIDTHS = ['1', '2', '3', '4', '5', '6', '7', '8'];
/** dense.ts says why these. */
const TILES = ['1x2', '2x2', '3x2', '4x2', '1x3', '2x3', '3x3'];
/** Further type arguments: whether the batch is one block of samples (see `Blocks` in vector.ts). */
const [ONE_BLOCK, BLOCKS] = [', V1', ', V2'];

/** Name of the exports, sizes, file and name of the generic function, further type arguments. */
const EXPORTS = [
  ['forward', WIDTHS, 'sparse-forward', 'forwardPanel', ''],
  ['backward', WIDTHS, 'sparse-backward', 'backwardPanel', ''],
  ['reduce', WIDTHS, 'update', 'reducePanel', ONE_BLOCK],
  ['reduceBlocks', WIDTHS, 'update', 'reducePanel', BLOCKS],
  ['denseForward', TILES, 'dense', 'forwardTile', ''],
  ['denseBackward', WIDTHS, 'dense', 'backwardPanel', ''],
  ['denseReduce', TILES, 'dense', 'reduceTile', ONE_BLOCK],
  ['denseReduceBlocks', TILES, 'dense', 'reduceTile', BLOCKS],
];

/** The text of a file in `target` that has these exports. @param folder  this one */
export function generateExports(folder, target) {
  const place = path.relative(target, folder).replaceAll(path.sep, '/');
  const imports = [`import { V1, V2, V3, V4, V5, V6, V7, V8 } from '${place}/vector';`];
  const functions = EXPORTS.flatMap(([name, sizes, file, generic, more]) => {
    const text = readFileSync(path.join(folder, `${file}.ts`), 'utf8');
    const [, parameters] = new RegExp(`export function ${generic}<[^>]*>\\(([^)]*)\\): void`).exec(text) ?? [];
    if (parameters === undefined) throw new Error(`${file}.ts has no function ${generic}<…>(…): void`);
    imports.push(`import { ${generic} as ${name} } from '${place}/${file}';`);
    const args = [...parameters.matchAll(/(\w+):/g)].map(([, parameter]) => parameter);
    return sizes.map(
      (size) =>
        `export function ${name}${size}(${parameters}): void {
  ${name}<V${size.replace('x', ', V')}${more}>(${args.join(', ')});
}`,
    );
  });
  return [...imports, ...functions, ''].join('\n');
}
