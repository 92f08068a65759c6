#!/usr/bin/env node
/** The `train` command. */
import { main } from './main.js';

// Loaded only here: what fails while that is loaded is told in one line, too.
await main('train', async () => (await import('./commands/train.js')).trainCommand(process.argv.slice(2)));
