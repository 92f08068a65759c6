#!/usr/bin/env node
import { train } from '../src/index.js';
for await (const e of train({ threads: Number(process.argv[2] ?? 1), epochs: Number(process.argv[3] ?? 2), kernel: (process.argv[4] ?? 'auto') as 'auto', strategy: (process.argv[5] ?? 'sliced') as 'sliced'})) console.log(JSON.stringify(e));
