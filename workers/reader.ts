/** A thread that helps to read a table: it scans parts of the file, then joins the parts of columns. */
import { parentPort } from 'node:worker_threads';
import { type ColumnTask, joinColumn } from '../src/data/table/parts/join-column.js';
import { buffersIn, type Reply } from '../src/data/table/parts/readers.js';
import { type ScanTask, scanClaimed } from '../src/data/table/parts/scan-claimed.js';
import { atOnce } from '../src/data/table/steps.js';

const port = parentPort!;

function post(reply: Reply): void {
  port.postMessage(reply, buffersIn(reply));
}

port.on('message', (task: ScanTask | ColumnTask) => {
  try {
    if (task.kind === 'join') {
      post({ isLast: true, column: atOnce(joinColumn(task, true)) });
      return;
    }
    scanClaimed(task, (index, part) => post({ isLast: false, index, part }));
    post({ isLast: true });
  } catch (error) {
    post({ isLast: true, failure: String(error) });
  }
});
