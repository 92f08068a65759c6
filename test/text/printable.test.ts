/** Whatever strangers call their files, columns and classes: what is drawn is XML, and what is printed moves no cursor. */
import { Resvg } from '@resvg/resvg-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confusionTable } from '../../bin/commands/print-evaluation.js';
import { modelTable } from '../../bin/commands/print-model.js';
import { predictionRow } from '../../bin/commands/print-prediction.js';
import { errors, type LockstepError, reason } from '../../src/errors.js';
import type { EvaluationEvent, ModelEvent, TrainEvent } from '../../src/metrics/events.js';
import { ndjsonLine, ndjsonLines } from '../../src/output/ndjson.js';
import { PrettyFormat } from '../../src/output/pretty.js';
import { onOneLine } from '../../src/text/printable.js';
import { drawSheet } from '../../src/tools/inspect/sheet.js';
import { theme } from '../../src/tools/inspect/theme.js';
import { plotSvg } from '../../src/tools/plot/render.js';
import { RunReader } from '../../src/tools/plot/run.js';
import { CHECKPOINT, END, EPOCH, START, STEP, WARNING } from '../support/sample-events.js';

/** (Said here in another way than in src/text/printable.ts.) */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

const NASTY = [
  ...['\x00', '\x07', '\b', '\t', '\r', '\r\n', '\n', '\x1b[2J', '\x1b]0;title\x07', '\x7f', '\x9b31m', '\u0085'],
  ...['\u061c', '\u200e', '\u200f', '\u202a', '\u202e', '\u2066', '\u2069', '\u2028', '\u2029'],
  ...['\ud800', '\udc00', '\ufffe', '\uffff', '&', '<', '>', '"', "'", ']]>', '&#0;', '</text>', '-->', '𝄞', 'é'],
];
/** Any text: unpaired surrogates too. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...NASTY),
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    ),
    {
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(''));

function expectSafe(printed: string): void {
  expect(UNSAFE.exec(printed)).toBeNull();
}

/** (resvg's parser is a strict one.) */
function expectWellFormed(svg: string): void {
  expectSafe(svg);
  expect(() => new Resvg(svg, { font: { loadSystemFonts: false } })).not.toThrow();
}

describe('what is drawn', () => {
  it('is judged by a parser that takes no control characters, and nothing that is not closed', () => {
    const svgOf = (content: string) => `<svg xmlns="http://www.w3.org/2000/svg"><text>${content}</text></svg>`;
    expect(() => new Resvg(svgOf('fine'))).not.toThrow();
    for (const bad of ['\x1b', '\x00', '\ufffe', '<', '&', '</text>']) expect(() => new Resvg(svgOf(bad))).toThrow();
  });

  it('is XML: sheets of any title, tip and caption', () => {
    fc.assert(
      fc.property(text, text, text, text, (title, subtitle, tip, caption) => {
        const pictures = [
          { png: () => new Uint8Array(8), tip, caption: [[{ text: caption, color: 'text' as const }]] },
        ];
        const texts: [string, string, string] = [title, tip, caption];
        const legend = { colors: ['#000000', '#ffffff'], texts };
        expectWellFormed(drawSheet({ title, subtitle, pictures, width: 8, height: 8, legend }, theme.light));
      }),
      { numRuns: 200 },
    );
  });

  it('is XML: plots of runs of any name, from any file', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, text, async (title, source, data) => {
        const runs = ['a', data].flatMap((name) => {
          const reader = new RunReader(source);
          const start = { ...START, config: { ...START.config, data: name }, dataset: { ...START.dataset, name } };
          for (const event of [start, EPOCH]) reader.add(JSON.stringify(event));
          return reader.runs;
        });
        expectWellFormed(await plotSvg(runs, { title, what: 'loss' }));
      }),
      { numRuns: 25 },
    );
  });
});

describe('what is printed', () => {
  it('has one line for one text, and no unsafe character', () => {
    fc.assert(
      fc.property(text, (any) => {
        const line = onOneLine(any);
        expectSafe(line);
        expect(line).not.toContain('\n');
      }),
    );
    expect(onOneLine('Zürich 東京 𝄞')).toBe('Zürich 東京 𝄞');
  });

  it('of a run is safe', () => {
    fc.assert(
      fc.property(text, (any) => {
        const format = new PrettyFormat(false);
        const named: TrainEvent[] = [
          { ...START, dataset: { ...START.dataset, name: any }, mpi: any, resumed: { file: any, epochs: 1, step: 1 } },
          STEP,
          EPOCH,
          { ...CHECKPOINT, file: any },
          { ...WARNING, message: any },
          { ...END, status: 'failed', message: any, saved: any, checkpoint: any },
        ];
        expectSafe(named.map((event) => format.format(event)).join(''));
      }),
    );
  });

  it('of models, evaluations and predictions is safe', () => {
    fc.assert(
      fc.property(text, (any) => {
        const evaluation: EvaluationEvent = {
          event: 'evaluation',
          model: any,
          objective: 'softmax-cross-entropy',
          dataset: { name: any, split: 'test', samples: 2 },
          ...{ test_loss: 1, test_error: 0.5, kernel: 'simd', weights_sha256: '0' },
          classes: [any, 'b'].map((each) => ({ class: each, samples: 1, precision: 1, recall: 1 })),
          confusion: [
            [1, 0],
            [0, 1],
          ],
        };
        expectSafe(confusionTable(evaluation));
        const model = {
          ...{ event: 'model', model: any, kind: null, bytes: 1, layers: [1, 2], parameters: 4, tensors: [] },
          ...{ epochs: 1, step: 1, kernel: any, dataset: { [any]: any }, config: any, state: [any] },
          ...{ metadata: { [any]: any }, checksum: 'absent', weights_sha256: '0', weights_checksum: 'absent' },
        } as unknown as ModelEvent;
        expectSafe(modelTable(model));
        expectSafe(
          predictionRow(any, { file: any, id: any, class: any, probability: 1, probabilities: [1, 0] }, [any, any]),
        );
      }),
    );
  });

  it('of every error is one safe line', () => {
    const refused: string[] = [];
    const makers = Object.entries(errors) as [string, (...args: unknown[]) => LockstepError][];
    fc.assert(
      fc.property(text, (any) => {
        for (const [name, make] of makers) {
          let made: LockstepError;
          try {
            made = make(...new Array<string>(6).fill(any));
          } catch {
            // It takes something else than texts.
            refused.push(name);
            continue;
          }
          expectSafe(reason(made));
          expect(reason(made)).not.toContain('\n');
        }
      }),
      { numRuns: 20 },
    );
    expect(new Set(refused).size).toBeLessThan(makers.length / 4);
  });

  it('as NDJSON says the same, and is safe', () => {
    fc.assert(
      fc.property(text, (any) => {
        const line = ndjsonLine({ [any]: any });
        expectSafe(line);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ [any]: any })));
      }),
    );
  });

  it('as NDJSON events of a run is the same', async () => {
    const lines = ndjsonLines();
    const message = NASTY.join('');
    lines.end({ ...WARNING, message });
    let written = '';
    for await (const chunk of lines) written += String(chunk);
    expectSafe(written);
    expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify({ ...WARNING, message })));
    expect(written.endsWith('\n')).toBe(true);
  });
});
