/** One text, two readers: what the command calls `--batch-size` is `batchSize` in a program. */

/** The options of a run, as programs name them. */
export const OPTION_NAMES = [
  ...(['threads', 'data', 'label', 'header', 'scale', 'testSplit', 'testData', 'hidden', 'epochs'] as const),
  ...(['batchSize', 'lr', 'reduction', 'optimizer', 'momentum', 'nesterov', 'beta1', 'beta2', 'eps'] as const),
  ...(['weightDecay', 'clipNorm', 'schedule', 'warmupSteps', 'lrStepSize', 'lrGamma'] as const),
  ...(['validationSplit', 'patience', 'keepBest', 'maxTime', 'strategy', 'exact', 'seed', 'limit', 'kernel'] as const),
  ...(['logEvery', 'save', 'checkpointDir', 'checkpointEvery', 'checkpointEverySteps', 'keep'] as const),
  ...(['checkpointRequired', 'resume', 'resumeAnyway', 'mpi'] as const),
] as const;

export type OptionName = (typeof OPTION_NAMES)[number];

/** What is an argument of a function in a program, `withTensorBoard` or `Dashboard.open`. */
const ARGUMENTS = { tensorboard: 'folder', dashboard: 'port' };

const NAME_OF_FLAG = new Map([
  ...OPTION_NAMES.map((name) => [flagOf(name), name] as const),
  ...Object.entries(ARGUMENTS),
]);

/** Without the dashes in front: batch-size. */
export function flagOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A message of the command as a program's: options by the names of their properties. Other programs' flags stay. */
export function inLibraryWords(message: string): string {
  return message.replaceAll(/(?<![\w-])--([a-z][a-z0-9-]*)/g, (flag, name: string) => {
    const property = NAME_OF_FLAG.get(name);
    return property === undefined ? flag : `\`${property}\``;
  });
}
