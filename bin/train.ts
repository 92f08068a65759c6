#!/usr/bin/env node
/** The `train` command: `lockstep train` under a shorter name. */
import { main } from './main.js';

// Imported here, so that an error while loading is reported in one line, too.
await main('train', async () => (await import('./commands/train.js')).trainCommand(process.argv.slice(2), 'train'));
