/** One message, two readers: the command's `--batch-size` is `batchSize` in a program. */

export type SnakeCase<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : '';

export function snakeCase<const Name extends string>(name: Name): SnakeCase<Name> {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) as SnakeCase<Name>;
}

/** Without the leading dashes: batch-size. */
export function flagOf(name: string): string {
  return snakeCase(name).replaceAll('_', '-');
}

/** By flag. At first only the arguments of functions: `withTensorBoard`, `Dashboard.open` and `crossValidate`. */
const properties = new Map([
  ['tensorboard', 'folder'],
  ['dashboard', 'port'],
  ['folds', 'folds'],
  ['output', 'output'],
]);

/** Errors stand below the table of options, and so does this file: the table says here which properties there are. */
export function nameProperties(names: readonly string[]): void {
  for (const name of names) properties.set(flagOf(name), name);
}

/** A message of the command as a program's: options by the names of their properties. Other programs' flags stay. */
export function inLibraryWords(message: string): string {
  return message.replaceAll(/(?<![\w-])--([a-z][a-z0-9-]*)(?!=)/g, (flag, name: string) => {
    const property = properties.get(name);
    return property === undefined ? flag : `\`${property}\``;
  });
}
