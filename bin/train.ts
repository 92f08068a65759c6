#!/usr/bin/env node
/** The `train` command: `lockstep train` under a shorter name. */
import { main } from './main.js';

// Imported inside `main`, which also reports a failed import in one line.
await main('train', async () => (await import('./commands/train.js')).trainCommand(process.argv.slice(2), 'train'));
