/** `lockstep explain`: what it refuses, and the file that it writes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { explainCommand } from '../../bin/commands/explain.js';
import { type Embedded, EmbeddedSubject } from '../../src/tools/explain/embedded.js';
import { Explainer } from '../../src/tools/explain/explainer.js';
import { loadModel } from '../../src/tools/network.js';
import { collect } from '../support/events.js';
import { refusalOf } from '../support/refusals.js';
import { runLockstep } from '../support/run-lockstep.js';
import { scratchWith } from '../support/scratch.js';

const scratch = scratchWith(60, 20);

describe('lockstep explain', () => {
  let model: string;
  let tableModel: string;
  let table: string;
  beforeAll(async () => {
    model = scratch.newPath('model.safetensors');
    tableModel = scratch.newPath('table.safetensors');
    table = scratch.newPath('table.csv');
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 7},${i % 3 === 0 ? 'red' : 'blue'},${i * 2}`);
    writeFileSync(table, ['</script><b>,color,y', ...rows].join('\n'));
    await collect({ data: scratch.data, hidden: [6], epochs: 1, threads: 1, save: model });
    await collect({ data: table, target: ['y'], hidden: [4], epochs: 2, threads: 1, save: tableModel });
  });

  it.each<[readonly string[], RegExp]>([
    [['--port', '70000'], /^--port 70000: expected a port/],
    [['--port', '0', '-o', 'x.html'], /^--port and -o are mutually exclusive$/],
    [['-o', 'x.pdf'], /^-o x\.pdf: /],
    [['--header', 'maybe'], /^--header maybe: /],
    [['--label', 'a'], /^--label a: requires --data and a table$/],
  ])('is refused %j', async (args, message) => {
    const refusal = await refusalOf(() => explainCommand([model, ...args]));
    expect(refusal).toMatchObject({ status: 2, message: expect.stringMatching(message) });
  });

  it('needs the rows of a table', async () => {
    const refusal = await refusalOf(() => explainCommand([tableModel, '--port', '0']));
    expect(refusal).toMatchObject({ status: 2, code: 'explain_without_table' });
    const images = await refusalOf(() => explainCommand([tableModel, '--port', '0', '--data', scratch.data]));
    expect(images).toMatchObject({ code: 'images_for_table' });
  });

  it('writes a page whose numbers are the predictions of the model, of a table with any names', async () => {
    const file = scratch.newPath('explain.html');
    const { status, stdout } = await runLockstep(['explain', tableModel, '--data', table, '-o', file]);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^.*explain\.html: [\d,]+ bytes\n$/),
    });
    const page = readFileSync(file, 'utf8');
    // Nothing in the data ends an element.
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    const [, data = ''] = /id="explain-data">(.*)<\/script>/.exec(page) ?? [];
    const subject = new EmbeddedSubject(JSON.parse(data) as Embedded);
    expect(subject.facts.inputNames).toEqual(['</script><b>', 'color = blue', 'color = red']);
    expect(subject.facts.samples).toEqual({ train: 32, validation: 0, test: 8 });
    const network = await loadModel(tableModel);
    const [target] = subject.facts.targets;
    const { layers } = await new Explainer(subject).answer({ ask: 'passes', sample: { split: 'test', index: 3 } });
    const { inputs } = subject.sample('test', 3);
    const first = subject.shape.layers[0]!;
    expect(inputs).toHaveLength(first);
    const rows = Array.from({ length: 40 }, (_, i) => ({ '</script><b>': i % 7, color: i % 3 === 0 ? 'red' : 'blue' }));
    const estimates = rows.map((row) => network.estimate(network.sampleOf(row))[0]!);
    const shown = target!.mean + target!.deviation * layers.at(-1)!.z[0]!;
    expect(Math.min(...estimates.map((each) => Math.abs(each - shown)))).toBeLessThan(1e-4);
  });
});
