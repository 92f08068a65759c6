/** The pretty format, as people see it. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EndEvent, EpochEvent, StartEvent, TrainEvent } from '../../src/metrics/events.js';
import { PrettyFormat } from '../../src/output/pretty.js';
import { CHECKPOINT, END, EPOCH, START, STEP, WARNING } from '../support/sample-events.js';

function pretty(...events: readonly TrainEvent[]): string {
  const format = new PrettyFormat(false);
  return events.map((event) => format.format(event)).join('');
}

describe('a run', () => {
  it('is a heading, a table of steps and epochs, and a summary', () => {
    const last: EpochEvent = {
      ...EPOCH,
      epoch: 100,
      train_loss: 12345.678,
      train_error: 1,
      test_loss: 0.000004,
      test_error: 0,
      seconds: 1234.5,
      samples_per_second: 1_234_567.8,
      wait_fraction: 1,
    };
    expect(pretty(START, STEP, EPOCH, last, END)).toBe(`\
Lockstep · 2 threads · kernel simd-fma · sliced · Node 24.0.0
mnist: 60,000 training, 10,000 test samples, 19.1 % of the inputs nonzero
network 784-1000-10: 795,010 parameters; batch 100, learning rate 0.001, sum of gradients, seed 1

epoch       loss      error  test loss  test error  seconds  samples/s  waiting
    1    2.25000   87.500 %  step 100 at 0.50 s
    1    0.50000   12.510 %    0.25000      7.25 %     0.75     80,000    1.3 %
  100    12345.7  100.000 %    0.00000      0.00 %  1234.50  1,234,568  100.0 %

completed · 1 epoch · 1.5 s
training loss 0.50000, error 12.510 % · test loss 0.25000, error 7.25 %
weights sha256 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
`);
  });

  it('says why it has fewer threads than there are cores', () => {
    const lines = (threads: number, step: number, barrier: number | null) => {
      const choice = { cores: 16, step_seconds: step, barrier_seconds: barrier };
      return pretty({ ...START, threads, thread_choice: choice })
        .split('\n')
        .slice(2, 4);
    };
    const network = expect.stringMatching(/^network /) as string;
    expect(lines(1, 12.34e-6, null)).toEqual([network, 'threads 1 of 16: a step takes 12 µs']);
    expect(lines(10, 1.2345e-3, 0.516e-6)).toEqual([
      network,
      'threads 10 of 16: a step takes 1,235 µs, a barrier 0.52 µs',
    ]);
    expect(lines(16, 2e-3, 0.5e-6)).toEqual([network, '']);
  });

  it('says what a private run will spend, and what it has spent', () => {
    const lines = (given: Partial<StartEvent['config']>) => {
      const config = { ...START.config, private: true, dp_epsilon: 3, ...given };
      const facts = { noise_multiplier: 1.25, clip_norm: 0.5, sampling_rate: 512 / 60_000, steps: 1180 };
      const start: StartEvent = { ...START, config, privacy: { epsilon: 2.99995, delta: 1e-5, ...facts } };
      const text = pretty(start, { ...EPOCH, epsilon: 1.5 }, { ...END, epsilon: 1.5, delta: 1e-5 });
      return text.split('\n').filter((line) => line.startsWith('private: '));
    };
    const planned =
      'private: noise multiplier 1.25, gradients clipped to 0.5, sampling rate 0.008533; 1,180 steps spend ';
    expect(lines({})).toEqual([
      `${planned}epsilon 3.0000 of 3, delta 0.00001`,
      'private: spent epsilon 1.5000 of 3, delta 0.00001',
    ]);
    expect(lines({ dp_epsilon: null, dp_seed: 1 })[1]).toBe(
      'private: spent epsilon 1.5000, delta 0.00001; no guarantee, because of --dp-seed',
    );
  });

  describe('with --noise-scale', () => {
    const start: StartEvent = { ...START, config: { ...START.config, noise_scale: true } };
    const measured = (noise_scale: number | null): EpochEvent => {
      return { ...EPOCH, grad_norm: 1, grad_norm_mean: 2, noise_scale, layer_gradients: [] };
    };

    it('has a column, and a sentence about the last epoch', () => {
      const lines = pretty(start, measured(41.66), measured(1307.8), END).split('\n');
      expect(lines.slice(4, 7)).toEqual([
        'epoch       loss      error  test loss  test error  seconds  noise scale',
        '    1    0.50000   12.510 %    0.25000      7.25 %     0.75         41.7',
        '    1    0.50000   12.510 %    0.25000      7.25 %     0.75        1,310',
      ]);
      expect(lines).toContain('noise scale 1,310: larger batches pay up to about this size; this run used 100');
    });

    it('has room for it beside validation and test, and beside R²', () => {
      const split: StartEvent = { ...start, dataset: { ...start.dataset, validation: 5000 } };
      const numbers: StartEvent = { ...start, objective: 'squared-error' };
      for (const each of [split, numbers]) {
        const heading = pretty(each).trimEnd().split('\n').at(-1)!;
        expect(heading).toMatch(/ noise$/);
        expect(heading.length).toBeLessThanOrEqual(79);
      }
    });

    it.each<[string, object, number | null, string]>([
      [
        'the gradient is not known',
        {},
        null,
        'noise scale unknown: the noise of a batch hides the gradient, so larger batches pay; this run used 100',
      ],
      [
        'Adam',
        { optimizer: 'adam' },
        3.125,
        'noise scale 3.1: larger batches pay up to about this size; this run used 100 (only a guide, because the theory is for plain SGD)',
      ],
      [
        'momentum',
        { momentum: 0.9 },
        50,
        'noise scale 50: larger batches pay up to about this size; this run used 100 (only a guide, because the theory is for plain SGD)',
      ],
    ])('says so if %s', (_, config, noise, expected) => {
      const text = pretty({ ...start, config: { ...start.config, ...config } }, measured(noise), END);
      expect(text.split('\n')).toContain(expected);
      if (noise === null) expect(text).toMatch(/0\.75 +–$/m);
    });

    it('says nothing before an epoch is over', () => {
      expect(pretty(start, END)).not.toContain('larger batches');
    });
  });

  it('without test samples has no columns for them', () => {
    const start: StartEvent = { ...START, threads: 1, dataset: { ...START.dataset, test: 0 } };
    const { test_loss: _1, test_error: _2, ...epoch } = EPOCH;
    const { test_loss: _3, test_error: _4, ...end } = END;
    expect(pretty(start, STEP, epoch, { ...end, epochs: 12 })).toBe(`\
Lockstep · 1 thread · kernel simd-fma · sliced · Node 24.0.0
mnist: 60,000 training, no test samples, 19.1 % of the inputs nonzero
network 784-1000-10: 795,010 parameters; batch 100, learning rate 0.001, sum of gradients, seed 1

epoch       loss      error  seconds  samples/s  waiting
    1    2.25000   87.500 %  step 100 at 0.50 s
    1    0.50000   12.510 %     0.75     80,000    1.3 %

completed · 12 epochs · 1.5 s
training loss 0.50000, error 12.510 %
weights sha256 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
`);
  });

  it('on a table shows what becomes of each column', () => {
    const number = { kind: 'number', inputs: 1, missing: 0, fill: 3.5, levels: null } as const;
    const columns: StartEvent['columns'] = [
      { ...number, name: 'mass' },
      { ...number, name: 'length in millimeters', inputs: 2, missing: 1200 },
      { name: 'sex', kind: 'category', inputs: 3, missing: 1, fill: null, levels: ['f', 'm'] },
      { name: 'island', kind: 'category', inputs: 8, missing: 0, fill: null, levels: [...'abcdefg', 'h'.repeat(50)] },
      { name: 'when', kind: 'date', inputs: 22, missing: 2, fill: '2026-01-31', levels: null },
      ...Array.from({ length: 28 }, (_, i) => ({ ...number, name: `x${i}` })),
    ];
    const lines = pretty({ ...START, columns })
      .split('\n')
      .slice(2, 35);
    expect(lines.slice(0, 6)).toEqual([
      '  mass                  number    1 input',
      '  length in millimete…  number    2 inputs; 1,200 missing, filled with 3.5',
      '  sex                   category  3 inputs; 1 missing; f, m',
      '  island                category  8 inputs; a, b, c, d, e, f, …',
      '  when                  date      22 inputs; 2 missing, filled with 2026-01-31',
      '  x0                    number    1 input',
    ]);
    expect(lines.slice(29, 32)).toEqual([
      '  x24                   number    1 input',
      '  and 3 more columns',
      expect.stringMatching(/^network/),
    ]);
  });

  it('of no epochs has no table, and only the test figures', () => {
    const start: StartEvent = { ...START, config: { ...START.config, epochs: 0, strategy: 'dense', lr: 1e-7 } };
    const { train_loss: _1, train_error: _2, ...end } = END;
    expect(pretty(start, { ...end, epochs: 0 })).toBe(`\
Lockstep · 2 threads · kernel simd-fma · dense · Node 24.0.0
mnist: 60,000 training, 10,000 test samples, 19.1 % of the inputs nonzero
network 784-1000-10: 795,010 parameters; batch 100, learning rate 1e-7, sum of gradients, seed 1

completed · 0 epochs · 1.5 s
test loss 0.25000, error 7.25 %
weights sha256 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
`);
  });

  it('that is resumed says from where', () => {
    const file = 'checkpoints/step-0001200.safetensors';
    const headingOf = (epochs: number, step: number) =>
      pretty({ ...START, resumed: { file, epochs, step } })
        .split('\n')
        .slice(2, 5);
    expect(headingOf(2, 1200)).toEqual([
      'network 784-1000-10: 795,010 parameters; batch 100, learning rate 0.001, sum of gradients, seed 1',
      `resumed from ${file}: 2 epochs, step 1,200`,
      '',
    ]);
    expect(headingOf(1, 600)[1]).toBe(`resumed from ${file}: 1 epoch, step 600`);
  });

  it('has warnings on lines of their own, and none about checkpoints that are as they should be', () => {
    expect(pretty(EPOCH, CHECKPOINT, WARNING, { ...EPOCH, epoch: 2 })).toBe(`\
    1    0.50000   12.510 %     0.75     80,000    1.3 %
warning: checkpoints/epoch-000002.safetensors could not be written (ENOSPC); older ones are still there
    2    0.50000   12.510 %     0.75     80,000    1.3 %
`);
  });

  it('that saved its model says where, whether it is complete or not', () => {
    const end: EndEvent = { ...END, status: 'interrupted', saved: 'model.safetensors' };
    expect(pretty(end)).toBe(`
interrupted · 1 epoch · 1.5 s
training loss 0.50000, error 12.510 % · test loss 0.25000, error 7.25 %
saved as model.safetensors
weights sha256 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
`);
  });

  it.each([
    [0, 'no label stands out; the most doubtful are first in audit.csv'],
    [1, '1 label probably wrong: audit.csv'],
    [1234, '1,234 labels probably wrong: audit.csv'],
  ])('that audited, with %d suspects, promises no more than it knows', (suspects, line) => {
    expect(pretty({ ...END, audit: 'audit.csv', suspects }).split('\n')).toContain(line);
  });

  it('that failed says why; without figures or weights it has no lines for them', () => {
    const end: EndEvent = { event: 'end', status: 'failed', epochs: 0, seconds: 2, message: 'a thread died' };
    expect(pretty(end)).toBe('\nfailed: a thread died · 0 epochs · 2.0 s\n');
  });
});

describe('on a terminal of few columns', () => {
  const { dataset } = START;
  const validated: StartEvent = { ...START, dataset: { ...dataset, validation: 6000 } };
  const wide: EpochEvent = { ...EPOCH, epoch: 123_456, validation_loss: 1234.5, validation_error: 1, train_loss: 1e9 };

  it.each([
    ['all', START, EPOCH],
    ['validation', validated, wide],
    ['no test', { ...START, dataset: { ...dataset, test: 0 } }, EPOCH],
  ])('no line is longer than it has columns (%s)', (_, start, epoch) => {
    for (let columns = 20; columns <= 200; columns++) {
      const format = new PrettyFormat(false, () => columns);
      const lines = [start, STEP, epoch, WARNING, END].flatMap((event) => format.format(event).split('\n'));
      for (const line of lines) {
        // (A path, and a checksum, are one word.)
        if (line.trim().includes(' ')) expect(line.length, `${columns}: ${line}`).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('columns are dropped from the right', () => {
    const format = new PrettyFormat(false, () => 40);
    expect([START, STEP, EPOCH].map((event) => format.format(event)).join('')).toBe(`\
Lockstep · 2 threads · kernel simd-fma ·
  sliced · Node 24.0.0
mnist: 60,000 training, 10,000 test
  samples, 19.1 % of the inputs nonzero
network 784-1000-10: 795,010 parameters;
  batch 100, learning rate 0.001, sum of
  gradients, seed 1

epoch       loss      error  test loss
    1    2.25000   87.500 %
    1    0.50000   12.510 %    0.25000
`);
  });

  it('that gets wider has no cells without a head, and that gets narrower has fewer', () => {
    let columns = 40;
    const format = new PrettyFormat(false, () => columns);
    format.format(START);
    const rowAt = (width: number) => {
      columns = width;
      return format.format(EPOCH);
    };
    expect(rowAt(200)).toBe('    1    0.50000   12.510 %    0.25000\n');
    expect(rowAt(30)).toBe('    1    0.50000   12.510 %\n');
    expect(rowAt(3)).toBe('    1\n');
  });
});

describe('on a terminal with colors', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('headings are bold, and what matters less is dim', () => {
    // From Node 22.13 on styleText looks at stdout too, which is no terminal here.
    vi.stubEnv('FORCE_COLOR', '1');
    const format = new PrettyFormat(true);
    const styled = [START, STEP, EPOCH, CHECKPOINT, WARNING, END].map((event) => format.format(event)).join('');
    const marked = styled.replaceAll('\x1b[1m', '<b>').replaceAll('\x1b[2m', '<dim>').replaceAll('\x1b[22m', '</>');
    expect(marked).toBe(`\
<b>Lockstep</> · 2 threads · kernel simd-fma · sliced · Node 24.0.0
mnist: 60,000 training, 10,000 test samples, 19.1 % of the inputs nonzero
network 784-1000-10: 795,010 parameters; batch 100, learning rate 0.001, sum of gradients, seed 1

<b>epoch       loss      error  test loss  test error  seconds  samples/s  waiting</>
<dim>    1    2.25000   87.500 %  step 100 at 0.50 s</>
    1    0.50000   12.510 %    0.25000      7.25 %     0.75     80,000    1.3 %
<b>warning</>: checkpoints/epoch-000002.safetensors could not be written (ENOSPC); older ones are still there

<b>completed</> · 1 epoch · 1.5 s
training loss 0.50000, error 12.510 % · test loss 0.25000, error 7.25 %
<dim>weights sha256 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef</>
`);
  });
});
