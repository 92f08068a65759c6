/** Models of versions before the encoding of columns: they compute what they always computed. */
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tablePart } from '../../bin/commands/evaluation-table.js';
import { EncodedRow } from '../../src/data/table/row-encoder.js';
import { evaluateOn } from '../../src/tools/evaluation.js';
import { exportModel } from '../../src/tools/export/export-model.js';
import { loadModel } from '../../src/tools/network.js';
import { temporaryFolder } from '../support/idx-files.js';
import { readOnnx, runOnnx } from '../support/onnx-file.js';
import { root } from '../support/paths.js';
import { refusalOf } from '../support/refusals.js';
import { IRIS } from '../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** `train --data examples/iris.csv --label species --scale standard --test-split 0.2 --hidden 4 --epochs 10 --batch-size 16 --lr 0.02` */
const MODEL = path.join(root, 'test/fixtures/iris-float32.safetensors');

describe('a model whose inputs were scaled in float32', () => {
  it('knows its training table and its test set, and has the loss of its run', async () => {
    const network = await loadModel(MODEL);
    expect(network.kernel).toBe('simd');
    const { split, samples } = await tablePart(MODEL, network, IRIS, undefined, { label: undefined, header: 'auto' });
    expect([split, samples.count]).toEqual(['test', 30]);
    expect((await evaluateOn(network, samples)).evaluation).toMatchObject({
      test_loss: 0.25804097646464946,
      test_error: 0.1,
    });
    const train = await tablePart(MODEL, network, IRIS, 'train', { label: undefined, header: 'auto' });
    expect(train.samples.count).toBe(120);
  });

  it('refuses missing cells, as it did', async () => {
    const network = await loadModel(MODEL);
    expect(network.columns).toEqual(['sepal_length', 'sepal_width', 'petal_length', 'petal_width']);
    for (const cell of [undefined, null, 'NA', '']) {
      const { message } = await refusalOf(() => network.predict([5.1, 3.5, cell, 0.2]));
      expect(message).toMatch(/^column petal_length: missing/);
    }
    const table = folder.write(
      'missing.csv',
      'sepal_length,sepal_width,petal_length,petal_width,species\n1,2,,4,setosa',
    );
    const part = tablePart(MODEL, network, table, undefined, { label: undefined, header: 'auto' });
    expect((await refusalOf(() => part)).message).toContain('1 missing cell (row 2, column petal_length)');
  });

  it('refuses an encoded row of another network', async () => {
    const network = await loadModel(MODEL);
    const row = new EncodedRow(Uint32Array.of(1, 99), Float32Array.of(1, 1), 2);
    expect((await refusalOf(() => network.predict(row))).message).toContain('not a sample');
  });

  it('is exported with an input of float32', async () => {
    const file = path.join(folder.path, 'old.onnx');
    await exportModel(MODEL, file, 'matrix');
    const graph = readOnnx(file);
    expect(graph.nodes.slice(0, 3).map(({ operator }) => operator)).toEqual(['Sub', 'Div', 'Gemm']);
    const network = await loadModel(MODEL);
    const row = [5.1, 3.5, 1.4, 0.2];
    const expected = network.predict(row).probabilities;
    const found = runOnnx(graph, row.map(Math.fround)).get('probabilities')!;
    for (const [i, p] of found.entries()) expect(p).toBeCloseTo(expected[i]!, 5);
  });
});
