#!/usr/bin/env node
/** The `lockstep` command. */
import { errors } from '../src/errors.js';
import { main } from './main.js';

/** @param name  the command as the user typed it, for help and messages */
type Subcommand = (args: readonly string[], name: string) => Promise<number | undefined>;

/** Loaded on demand: some have libraries that load slowly. */
const SUBCOMMANDS: Record<string, { readonly does: string; readonly load: () => Promise<Subcommand> }> = {
  train: {
    does: 'train a network',
    load: async () => (await import('./commands/train.js')).trainCommand,
  },
  evaluate: {
    does: 'measure loss, error, precision and recall of a model',
    load: async () => (await import('./commands/evaluate.js')).evaluateCommand,
  },
  cv: {
    does: 'cross-validation: train and test a network for each fold',
    load: async () => (await import('./commands/cv.js')).cvCommand,
  },
  search: {
    does: 'search for good options, and train with the best',
    load: async () => (await import('./commands/search.js')).searchCommand,
  },
  'find-lr': {
    does: 'find a learning rate: a range test with a proposal',
    load: async () => (await import('./commands/find-lr.js')).findLrCommand,
  },
  plot: {
    does: 'plot the loss and error of runs by epoch, as SVG or PNG',
    load: async () => (await import('./commands/plot.js')).plotCommand,
  },
  predict: {
    does: 'classify samples: NDJSON lines, tables, images or IDX files',
    load: async () => (await import('./commands/predict.js')).predictCommand,
  },
  inspect: {
    does: 'describe a model file; draw its weights and its misclassified samples',
    load: async () => (await import('./commands/inspect.js')).inspectCommand,
  },
  explain: {
    does: 'show on a web page what a model computes for a sample, with the actual numbers',
    load: async () => (await import('./commands/explain.js')).explainCommand,
  },
  audit: {
    does: 'show the training samples whose labels are probably wrong',
    load: async () => (await import('./commands/audit.js')).auditCommand,
  },
  export: {
    does: 'convert a model to ONNX, NumPy arrays or plain safetensors',
    load: async () => (await import('./commands/export.js')).exportCommand,
  },
};

const [name = '', ...args] = process.argv.slice(2);
const known = subcommand(name);
const fullName = (subcommand: string) => `lockstep ${subcommand}`;
if (known) await main(fullName(name), async () => (await known.load())(args, fullName(name)));
else await main('lockstep', async () => (await helpOf(args[0] ?? '')) ?? (await overview()));

function subcommand(called: string) {
  return Object.hasOwn(SUBCOMMANDS, called) ? SUBCOMMANDS[called] : undefined;
}

/** `lockstep help plot` is `lockstep plot --help`. */
async function helpOf(called: string): Promise<number | undefined> {
  if (name !== 'help' || called === '' || called.startsWith('-')) return undefined;
  const asked = subcommand(called);
  if (!asked) throw errors.usage(`unknown command '${called}'`, 'lockstep');
  return (await (await asked.load())(['--help'], fullName(called))) ?? 0;
}

async function overview(): Promise<undefined> {
  const { newCommand, parse } = await import('./parse.js');
  const command = newCommand('lockstep', 'Train neural networks on all cores, and use the trained models.');
  for (const [subcommand, { does }] of Object.entries(SUBCOMMANDS)) command.command(subcommand).description(does);
  command.addHelpText('after', '\n`lockstep <command> --help` lists the options of a command.');
  parse(command, process.argv.length > 2 ? process.argv.slice(2) : ['--help'], 0);
}
