#!/usr/bin/env node
/** The `train` command. */
import { trainCommand } from './commands/train.js';
import { main } from './main.js';

await main('train', () => trainCommand(process.argv.slice(2)));
