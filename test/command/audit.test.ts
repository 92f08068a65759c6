/** `lockstep audit` as a process: the suspects as pictures, and as rows of a table. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { auditCommand } from '../../bin/commands/audit.js';
import { refusedBy } from '../support/refused-command.js';
import { runHere } from '../support/run-here.js';
import { runLockstep } from '../support/run-lockstep.js';
import { scratchWith } from '../support/scratch.js';

const scratch = scratchWith(20, 5);

/** Two suspects, and a sample that is none. @param labels  of the images 3, 7 and 1 */
function writeAudit(labels: readonly (number | string)[], rows: readonly number[] = [3, 7, 1], suspects = 2): string {
  const file = scratch.newPath('audit.ndjson');
  const line = (label: number | string, i: number) =>
    JSON.stringify({
      rank: i + 1,
      row: rows[i],
      label,
      suggested: 9,
      suspect: i < suspects,
      probability: 0.9 - i / 10,
    });
  writeFileSync(file, `${labels.map(line).join('\n')}\n`);
  return file;
}

const labelsOf = () => readFileSync(`${scratch.data}/train-labels-idx1-ubyte`).subarray(8);

describe('lockstep audit', () => {
  it('draws the suspects', async () => {
    const labels = labelsOf();
    const file = writeAudit([labels[3]!, labels[7]!, labels[1]!]);
    const sheet = scratch.newPath('sheet.svg');
    const { status, stdout, stderr } = await runLockstep(['audit', file, '--data', scratch.data, '-o', sheet]);
    expect([status, stdout, stderr]).toEqual([0, `${sheet}: 2 of 2 suspects\n`, '']);
    const svg = readFileSync(sheet, 'utf8');
    expect(svg.match(/<image /g)).toHaveLength(2);
    expect(svg).toContain('2 of 3 labels');
    expect(svg).toContain(`image 3: label ${labels[3]}, suggested 9`);
  });

  it('prints the rows of a table', async () => {
    const table = scratch.newPath('table.csv');
    writeFileSync(table, 'a,name\n1,x\n2,"y, z"\n3,x\n');
    const file = writeAudit(['y, z', 'x', 'x'], [3, 2, 4]);
    const { status, stdout } = await runHere(['audit', file, '--data', table]);
    expect(status).toBe(0);
    expect(stdout).toBe('rank,row,probability,given,suggested,a,name\n1,3,0.9,"y, z",9,2,"y, z"\n2,2,0.8,x,9,1,x\n');
  });

  it('shows the first of the ranking if no label stands out, and says so', async () => {
    const labels = labelsOf();
    const file = writeAudit([labels[3]!, labels[7]!, labels[1]!], undefined, 0);
    const sheet = scratch.newPath('none.svg');
    const drawn = await runHere(['audit', file, '--data', scratch.data, '-o', sheet, '--count', '2']);
    expect([drawn.status, drawn.stdout]).toEqual([0, `${sheet}: no label stands out; shown: the 2 most doubtful\n`]);
    expect(readFileSync(sheet, 'utf8')).toMatch(/the 2 most doubtful labels of .*; none stands out/);

    const table = scratch.newPath('calm.csv');
    writeFileSync(table, 'a,name\n1,x\n2,y\n3,x\n');
    const printed = await runHere(['audit', writeAudit(['y', 'x', 'x'], [3, 2, 4], 0), '--data', table]);
    expect(printed.stderr).toBe('no label stands out; shown: the 3 most doubtful\n');
    expect(printed.stdout).toMatch(/^rank,row,.*\n1,3,.*\n2,2,.*\n3,4,.*\n$/);
  });

  it('asks for the data, rather than assuming any', async () => {
    const { status, line } = await refusedBy(() => auditCommand([writeAudit([1, 1, 1]), '-o', 'x.png']));
    expect([status, line]).toEqual([2, expect.stringMatching(/--data: missing; name the data set of the run/)]);
  });

  it.each([
    ['an image with another label', () => writeAudit([77, 77, 77]), /sample 3 is not in .*, or has another label/],
    ['an image that is not there', () => writeAudit([1, 1, 1], [500, 1, 2]), /sample 500 is not in /],
    [
      'another table',
      () => {
        const file = scratch.newPath('other.ndjson');
        writeFileSync(file, '{"rank":1}\n{"rank":2}\n');
        return file;
      },
      /not an audit/,
    ],
  ] as const)('refuses %s', async (_, make, message) => {
    const args = [make(), '--data', scratch.data, '-o', scratch.newPath('sheet.svg')];
    const { status, line } = await refusedBy(() => auditCommand(args));
    expect(line).toMatch(message);
    expect(status).toBe(1);
  });

  it('refuses images without a file for the sheet, and a sheet of a table', async () => {
    const file = writeAudit([1, 1, 1]);
    expect((await refusedBy(() => auditCommand([file, '--data', scratch.data]))).line).toMatch(/--output sheet\.png/);
    const table = scratch.newPath('rows.csv');
    writeFileSync(table, 'a,b\n1,x\n');
    expect((await refusedBy(() => auditCommand([file, '--data', table, '-o', 'x.png']))).line).toMatch(/is a table/);
  });
});
