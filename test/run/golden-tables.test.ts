/**
 * Recorded weights of tables: regression, weighted rows and classes, categories, dates and missing cells. They are the
 * same on every machine, processor and Node, and for any number of threads. A change needs a reason in CHANGELOG.md.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { kernelNames, VECTOR_BITS } from '../support/kernels.js';
import { MIXED_HEADER, mixedRows } from '../support/mixed-rows.js';
import { csvOfNumbers, numberRows, weightedRows } from '../support/number-tables.js';
import { REFERENCE_DEFAULTS } from '../support/reference-defaults.js';
import { csvOf } from '../support/tables.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const numbers = folder.write('numbers.csv', csvOfNumbers(numberRows(200, 7)));
const weighted = folder.write(
  'weighted.csv',
  csvOf([
    ['a', 'b', 'c', 'kind', 'price', 'w'],
    ...weightedRows().map(({ x, kind, price, weight }) => [...x, kind, price, weight]),
  ]),
);
const mixed = folder.write('mixed.csv', csvOf([MIXED_HEADER, ...mixedRows()]));

const NUMBERS: TrainOptions = {
  ...REFERENCE_DEFAULTS,
  ...{ data: numbers, target: ['price', 'tiny'], scale: 'standard', testSplit: 0.2, validationSplit: 0.25 },
  ...{ hidden: [12], reduction: 'mean', lr: 0.1, batchSize: 16, epochs: 3 },
};
const WEIGHTED: TrainOptions = {
  ...REFERENCE_DEFAULTS,
  ...{ data: weighted, scale: 'standard', testSplit: 0.2, validationSplit: 0.2, hidden: [10], batchSize: 16 },
  ...{ reduction: 'mean', lr: 0.1, epochs: 2 },
};
const MIXED: TrainOptions = {
  ...REFERENCE_DEFAULTS,
  ...{ data: mixed, scale: 'standard', testSplit: 0.2, hidden: [12], lr: 0.02, batchSize: 16, epochs: 3 },
  ...{ optimizer: 'adam', reduction: 'mean' },
};

const JOBS = {
  mse: { ...NUMBERS, loss: 'mse' },
  mae: { ...NUMBERS, loss: 'mae' },
  huber: { ...NUMBERS, loss: 'huber', huberDelta: 0.5 },
  'weights of rows and classes': {
    ...{ ...WEIGHTED, label: 'kind', drop: ['price'], weight: 'w', classWeights: ['balanced'] },
  },
  'weights of rows, numbers': { ...WEIGHTED, target: ['price'], drop: ['kind'], weight: 'w' },
  'weights of classes, stratified': {
    ...{ ...WEIGHTED, label: 'kind', drop: ['price', 'w'], classWeights: ['odd=3'], stratify: true },
  },
  'mixed columns': { ...MIXED, label: 'size' },
  'mixed columns, numbers, clipped': { ...MIXED, target: ['mass'], clipNorm: 0.5, hidden: [20, 8] },
} as const satisfies Readonly<Record<string, TrainOptions>>;

/** Strategy `dense` depends on the number of threads. */
const THREADS: readonly number[] = [1, 2, 3, 5];

interface Golden {
  readonly sliced: string;
  /** By number of threads. */
  readonly dense: readonly string[];
}

const GOLDEN: Readonly<Record<string, Readonly<Record<string, Golden>>>> = {
  mse: {
    reference: {
      sliced: '83089d2a7cb2d6f83850782849d6ac407a9a57b7a6be8a06a4e5f401870c83e7',
      dense: [
        '83089d2a7cb2d6f83850782849d6ac407a9a57b7a6be8a06a4e5f401870c83e7',
        '83089d2a7cb2d6f83850782849d6ac407a9a57b7a6be8a06a4e5f401870c83e7',
        '83089d2a7cb2d6f83850782849d6ac407a9a57b7a6be8a06a4e5f401870c83e7',
        '83089d2a7cb2d6f83850782849d6ac407a9a57b7a6be8a06a4e5f401870c83e7',
      ],
    },
    simd: {
      sliced: 'c68b8188b6e03820c77e826f563f1e3d38752162414b558467b4182866c9a5ab',
      dense: [
        'c68b8188b6e03820c77e826f563f1e3d38752162414b558467b4182866c9a5ab',
        'b6c8cdb7cbd9a57913b02d2ef1366bba7ef216788295a7176d14a6732faaf68b',
        '6bfdb85f3929b1d944f377f1fab4eec27ee10190b98dc9ddacc8d9472eb7e851',
        '563cbca63b200ca854c183f41c0d86b5db011ed55b4e7d9e3165cb4da0e2b664',
      ],
    },
    'simd-fma': {
      sliced: '644ed39ec5659846de6157ea6be80f0f2b31675a91c1f66d0e971e0b35390e9e',
      dense: [
        '644ed39ec5659846de6157ea6be80f0f2b31675a91c1f66d0e971e0b35390e9e',
        'a503bf4a202296d3a18e9248bee3aeefd1743f592912416f47396fb82f74e558',
        'fa4b0df4b3bbc1b5e5c9d5e4c238578ff290796562b4b98335e84786752f44e9',
        '67a2cbdab75de74619b40cad72ae36618abf7b2fda0f5259c7ed31bcde0762e2',
      ],
    },
  },
  mae: {
    reference: {
      sliced: '6fe9324cc9c14b8032035858d754dc1adaceb5db5a989bf059af049098dab755',
      dense: [
        '6fe9324cc9c14b8032035858d754dc1adaceb5db5a989bf059af049098dab755',
        '6fe9324cc9c14b8032035858d754dc1adaceb5db5a989bf059af049098dab755',
        '6fe9324cc9c14b8032035858d754dc1adaceb5db5a989bf059af049098dab755',
        '6fe9324cc9c14b8032035858d754dc1adaceb5db5a989bf059af049098dab755',
      ],
    },
    simd: {
      sliced: 'e3477604cbd4c70f8122e4a08c8d7d511f8ff528e72aec8aa0914c2320be15e3',
      dense: [
        'e3477604cbd4c70f8122e4a08c8d7d511f8ff528e72aec8aa0914c2320be15e3',
        '23397204132974b2594b032c5b9b8ac6bfa9c88abe641f0a3d050655cdf73590',
        '3e624e5bec94a837f098123b7ab05718d8a51b8cdb64fbfb68b5e943b7a28970',
        '8ae1dc7dd1e9e59c9a8054bff2b2263fa794f0d18a005e52ab747f964903a061',
      ],
    },
    'simd-fma': {
      sliced: 'ceb1d32355b60dbfc2075e71beba1901e29c13248310d645e246aa8f0f71d477',
      dense: [
        'ceb1d32355b60dbfc2075e71beba1901e29c13248310d645e246aa8f0f71d477',
        'a937a7b82f81f71fab5cc192c76a244c7aa08d0d7e69cee18ccdea8381d515f2',
        'be0c7686a45a35a73fe2e3c98212fc9839399b58e815c65e8c240822dce98fa6',
        '5b1edb43f6df590facdf18be0a626e6287cb9576d9ab69b2469cec22f4252537',
      ],
    },
  },
  huber: {
    reference: {
      sliced: '686422f0303c7f521696f6a26ab263bbad408db2aef7f73f953d134e5712e18e',
      dense: [
        '686422f0303c7f521696f6a26ab263bbad408db2aef7f73f953d134e5712e18e',
        '686422f0303c7f521696f6a26ab263bbad408db2aef7f73f953d134e5712e18e',
        '686422f0303c7f521696f6a26ab263bbad408db2aef7f73f953d134e5712e18e',
        '686422f0303c7f521696f6a26ab263bbad408db2aef7f73f953d134e5712e18e',
      ],
    },
    simd: {
      sliced: '6c977e55a17386f94d63c536421543e454136611f33af0660cd67fa0574003cc',
      dense: [
        '6c977e55a17386f94d63c536421543e454136611f33af0660cd67fa0574003cc',
        '6e034a1438aecdb35b244a26792d77f33ce7ef7ec77b8ac6f29ab482dfa9eda6',
        'b076407a36c9999b4db114151c3521e4dfd15e7f17fad2f59a979cc474325213',
        '965e0d48c59cb671b3c600434807da535f80653542a8b52b861cebe9dd25429f',
      ],
    },
    'simd-fma': {
      sliced: '952fa9952acac2b283e4893cc965e9887f5d5a96135371a4fd88244a302f46c8',
      dense: [
        '952fa9952acac2b283e4893cc965e9887f5d5a96135371a4fd88244a302f46c8',
        'f712b9c7908acfeac55ae27aca046e7dcea38b44a90e723784d917c2f3e7152b',
        '2a325f52007c61cc50544e89a6e91b7a41b9fe4517dd2024001721db97c4b631',
        '694e9880a77da1c0da90e13a43c66f63660e2c488abc3be6ec6e71e7d0a0a5b5',
      ],
    },
  },
  'weights of rows and classes': {
    reference: {
      sliced: '77eb910cad90542b22b772a2aa82692d3efceb96aed83b4d6bd9a80f053de4fe',
      dense: [
        '77eb910cad90542b22b772a2aa82692d3efceb96aed83b4d6bd9a80f053de4fe',
        '77eb910cad90542b22b772a2aa82692d3efceb96aed83b4d6bd9a80f053de4fe',
        '77eb910cad90542b22b772a2aa82692d3efceb96aed83b4d6bd9a80f053de4fe',
        '77eb910cad90542b22b772a2aa82692d3efceb96aed83b4d6bd9a80f053de4fe',
      ],
    },
    simd: {
      sliced: 'b58aaa2be5f67b44cb2539a4504cfca9352a4fb103649a815cd0f131dea3688c',
      dense: [
        'b58aaa2be5f67b44cb2539a4504cfca9352a4fb103649a815cd0f131dea3688c',
        '438216a21a45226fb75991729a2d48117ecd447a35b0d3e3bf41a5d85f110686',
        '73051db2bfcc0e108c15bbc62c5bd87b558da1b071c325abf0bb90b696dbf467',
        '131b97517184b492d9b11b11c0689485a555649ff83b4bf5c12e2dedfa93c0f0',
      ],
    },
    'simd-fma': {
      sliced: '07af70242eb16d65abec445446ef797c930a6db461ecf7de3518bcc1e9019c71',
      dense: [
        '07af70242eb16d65abec445446ef797c930a6db461ecf7de3518bcc1e9019c71',
        '5c001a52b4f31e4ade1292bf6a146f727a00b5f382abd8529ce492e24e7aa399',
        'b989fbc84ab6d3958494ffb083eabe12c174b5f8096bdd713824ba1bf81c0e5c',
        '7741f230447a7830df2e5ea93e00784e878aeac77adec8488cfb964d439c0336',
      ],
    },
  },
  'weights of rows, numbers': {
    reference: {
      sliced: '3025c8d7b61c816320151737216883a181a0a9952bb0e865e5ee99d7fad08e1b',
      dense: [
        '3025c8d7b61c816320151737216883a181a0a9952bb0e865e5ee99d7fad08e1b',
        '3025c8d7b61c816320151737216883a181a0a9952bb0e865e5ee99d7fad08e1b',
        '3025c8d7b61c816320151737216883a181a0a9952bb0e865e5ee99d7fad08e1b',
        '3025c8d7b61c816320151737216883a181a0a9952bb0e865e5ee99d7fad08e1b',
      ],
    },
    simd: {
      sliced: '6d7420f342e357bfc539ecbd72fcac11e70c85facbee2590f38f6ff69a67679b',
      dense: [
        '6d7420f342e357bfc539ecbd72fcac11e70c85facbee2590f38f6ff69a67679b',
        '3f07bdcc9a5aa8a219c5c8af72f5f2db46758fd8a7da014969968c72a9d6373d',
        '013eebd803064c4bbf59941fb76d4402780ce098cae838599475e7891b759fda',
        'd691588a54b6028f129e09454087a92c81250dc47da8fab6ffe2c882f3c9edbe',
      ],
    },
    'simd-fma': {
      sliced: 'c33599e793977b275e46bf913e81fbf1c0877af670d7138c1892e6343713ceee',
      dense: [
        'c33599e793977b275e46bf913e81fbf1c0877af670d7138c1892e6343713ceee',
        '1fd8ed2dfa2518f839797dc3fbca4b0a451009735c811f96fd4063e17bce6ecd',
        'b510d52d3259b1b37c0e23a59cbbd957ec59f3c47d9660787ed42c1ad4b52823',
        '930a04fd3e758f7784563d97257487d1e39f9d94df7d24160bcccd2a47c216f5',
      ],
    },
  },
  'weights of classes, stratified': {
    reference: {
      sliced: '5bebebb4991ef4c3d566f888b88bfe5c8303bf06d0e6244824dfea4b4b1c3fdd',
      dense: [
        '5bebebb4991ef4c3d566f888b88bfe5c8303bf06d0e6244824dfea4b4b1c3fdd',
        '5bebebb4991ef4c3d566f888b88bfe5c8303bf06d0e6244824dfea4b4b1c3fdd',
        '5bebebb4991ef4c3d566f888b88bfe5c8303bf06d0e6244824dfea4b4b1c3fdd',
        '5bebebb4991ef4c3d566f888b88bfe5c8303bf06d0e6244824dfea4b4b1c3fdd',
      ],
    },
    simd: {
      sliced: '7dc3568c8c02eedb8420de5f4020b0f9a9f111087b3069a0a8f318449ffcf7cb',
      dense: [
        '7dc3568c8c02eedb8420de5f4020b0f9a9f111087b3069a0a8f318449ffcf7cb',
        '9062761830472d728d2dc7ec0d9e66a1195e13f4a2aa5501b53a2b0414423bf6',
        '30d8d2fd7dd93b1edf50b2ed0d784cf26f5f78aeff39326d4c7a4ded38047b8b',
        'adc0032a763875638750225c8c9e8a2223513fb8e54991fb428c5bf5f0b1778d',
      ],
    },
    'simd-fma': {
      sliced: '83eee1b40975bbce666f11d6a5e0d80038b375dc9629b4e11db68d9c83e37b7b',
      dense: [
        '83eee1b40975bbce666f11d6a5e0d80038b375dc9629b4e11db68d9c83e37b7b',
        '69bd8d500fb3538be3ba1bf11701ddf405e3acbb8f8ffef30c00f733e0e0ca75',
        'bc0cbd93b6834f53ef49828bf479960a0f75f6d8f71b7e198c21919fe8962c19',
        '2313593b26d871d5aefa7f872f86aaf3166a466d19837098168f8c5168726a8d',
      ],
    },
  },
  'mixed columns': {
    reference: {
      sliced: '4e5969d3445e3cdae4990534bcc0bb7429637146330451f045fd3e0b3e5da12f',
      dense: [
        '4e5969d3445e3cdae4990534bcc0bb7429637146330451f045fd3e0b3e5da12f',
        '4e5969d3445e3cdae4990534bcc0bb7429637146330451f045fd3e0b3e5da12f',
        '4e5969d3445e3cdae4990534bcc0bb7429637146330451f045fd3e0b3e5da12f',
        '4e5969d3445e3cdae4990534bcc0bb7429637146330451f045fd3e0b3e5da12f',
      ],
    },
    simd: {
      sliced: 'fc9a189366231045405bb37cc78fc2b885fb6963289abf9d54dd10e8cc83a385',
      dense: [
        'fc9a189366231045405bb37cc78fc2b885fb6963289abf9d54dd10e8cc83a385',
        '1bfb644e0e6d18d9ca4fc981620965be479ffd4997dd1b96a8992cbe0323d1be',
        'd0389cd3af90cc4aa21b08b67758342368570d62b3aed5412273b735b6f2460e',
        '1c2a1282cdcc532c912788afd64c36c880d566061c6508c31935e7edd444401f',
      ],
    },
    'simd-fma': {
      sliced: '58e198e11ccddb0b5f5dc925d1a6b37c265998d6b6b3c508dc2d338f3cfb198c',
      dense: [
        '58e198e11ccddb0b5f5dc925d1a6b37c265998d6b6b3c508dc2d338f3cfb198c',
        'aaacf02417479be25ae06ff80d19887c1b9ef4cbfec8de917625cd422d13c985',
        '3a5e20ee73920d17221717b1e744c92bdc6e00f7e963aab4f837c5b772cf789b',
        '66b0d1a4146a339137291e53e82c0e53e5582e2d91302a1445bc0d040a5d0a93',
      ],
    },
  },
  'mixed columns, numbers, clipped': {
    reference: {
      sliced: 'ea93022c0b6f825fced6a138f5f87c8644d9e786db74e226a1a03084a0c1a46d',
      dense: [
        'ea93022c0b6f825fced6a138f5f87c8644d9e786db74e226a1a03084a0c1a46d',
        'ea93022c0b6f825fced6a138f5f87c8644d9e786db74e226a1a03084a0c1a46d',
        'ea93022c0b6f825fced6a138f5f87c8644d9e786db74e226a1a03084a0c1a46d',
        'ea93022c0b6f825fced6a138f5f87c8644d9e786db74e226a1a03084a0c1a46d',
      ],
    },
    simd: {
      sliced: '9fde57505b41fb6d46d828983d1469b5ef43faeb6d9d742942efb7f2ca6c3ec8',
      dense: [
        '9fde57505b41fb6d46d828983d1469b5ef43faeb6d9d742942efb7f2ca6c3ec8',
        '58454f9269cbe18ca8aad1db1cf215fb0150f0c7c204dcf7fcf20e1da61666e0',
        '5410d8e676d978d3ba0ad931e12a2e9b8cb9628dc8d10a23d0585d8396524835',
        '8e40a70f6821d1fda32ee11e5097420a7da5ecbb71c51943e8628f277c2d0338',
      ],
    },
    'simd-fma': {
      sliced: '83f7c9ae2f2d4c5d2b5aeea72b77f80773267c1148e0268e1c8613d213fbe224',
      dense: [
        '83f7c9ae2f2d4c5d2b5aeea72b77f80773267c1148e0268e1c8613d213fbe224',
        '2545e518c0ce1b9f73616f43822be5ca7ebeae20d302707369b89056f6dc5081',
        '26b66efdf637eccd205d7fd7b0872289c96da1d0ac5c921534466c90f7d9d31e',
        '5b2764b1d935f0b04ef677e6a2b7705aaaaf951d92631e4d37d2d3893a1700d6',
      ],
    },
  },
};

type VectorBits = NonNullable<TrainOptions['vectorBits']>;

describe.each(Object.entries(JOBS))('%s', (name, job) => {
  // (Of the slow one, some.)
  const number = Object.keys(JOBS).indexOf(name);
  it.each(casesOf(kernelNames(), (kernel) => kernel !== 'reference' || number % 4 === 0))(
    'kernel %s',
    async (kernel) => {
      const found: Record<string, string | undefined> = {};
      const expected: Record<string, string | undefined> = {};
      const widths = valuesOf<readonly VectorBits[]>(VECTOR_BITS, ['auto']);
      for (const vectorBits of kernel === 'reference' ? (['auto'] as const) : widths) {
        for (const strategy of ['sliced', 'dense'] as const) {
          for (const threads of valuesOf<readonly number[]>(THREADS, strategy === 'sliced' ? [1] : [2])) {
            const run = `${vectorBits} bits, ${strategy}, ${threads} threads`;
            const { sliced, dense } = GOLDEN[name]![kernel]!;
            expected[run] = strategy === 'sliced' ? sliced : dense[THREADS.indexOf(threads)];
            found[run] = (await collect({ ...job, kernel, vectorBits, strategy, threads })).end.weights_sha256;
          }
        }
      }
      expect(found).toEqual(expected);
    },
  );
});
