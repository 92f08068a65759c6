#!/usr/bin/env node
/** The `lockstep` command. */
import { errors } from '../src/errors.js';
import { main } from './main.js';

type Subcommand = (args: readonly string[]) => Promise<number | undefined>;

/** Loaded on demand: some have libraries that load slowly. */
const SUBCOMMANDS: Record<string, { readonly does: string; readonly load: () => Promise<Subcommand> }> = {
  train: {
    does: 'train a network (same as the train command)',
    load: async () => (await import('./commands/train.js')).trainCommand,
  },
  evaluate: {
    does: 'compute the loss, error, precision and recall of a model on a test set',
    load: async () => (await import('./commands/evaluate.js')).evaluateCommand,
  },
  plot: {
    does: 'plot loss and error by epoch, as SVG or PNG',
    load: async () => (await import('./commands/plot.js')).plotCommand,
  },
  predict: {
    does: 'predict the classes of samples: NDJSON lines, tables, images, IDX files',
    load: async () => (await import('./commands/predict.js')).predictCommand,
  },
  inspect: {
    does: 'describe a model file, and draw its weights and its errors',
    load: async () => (await import('./commands/inspect.js')).inspectCommand,
  },
  export: {
    does: 'export a model as ONNX, NumPy arrays or plain safetensors',
    load: async () => (await import('./commands/export.js')).exportCommand,
  },
};

const [name = '', ...args] = process.argv.slice(2);
const known = subcommand(name);
if (known) await main(name === 'train' ? name : `lockstep ${name}`, async () => (await known.load())(args));
else await main('lockstep', async () => (await helpOf(args[0] ?? '')) ?? (await overview()));

function subcommand(called: string) {
  return Object.hasOwn(SUBCOMMANDS, called) ? SUBCOMMANDS[called] : undefined;
}

/** `lockstep help plot` is `lockstep plot --help`. */
async function helpOf(called: string): Promise<number | undefined> {
  if (name !== 'help' || called === '' || called.startsWith('-')) return undefined;
  const asked = subcommand(called);
  if (!asked) throw errors.usage(`unknown command '${called}'`, 'lockstep');
  return (await (await asked.load())(['--help'])) ?? 0;
}

async function overview(): Promise<undefined> {
  const { newCommand, parse } = await import('./parse.js');
  const command = newCommand('lockstep', 'Train neural networks on all cores, and use the trained models.');
  for (const [subcommand, { does }] of Object.entries(SUBCOMMANDS)) command.command(subcommand).description(does);
  command.addHelpText('after', '\nEach command has its own --help.');
  parse(command, process.argv.length > 2 ? process.argv.slice(2) : ['--help'], 0);
}
