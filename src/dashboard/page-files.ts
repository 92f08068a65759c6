/** The files of the page: a fixed table, read when the server starts. Paths of requests are never used as file paths. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
}

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const SVG = 'image/svg+xml';

/** Scripts that explain a network, on the page of a run and on one of their own. */
const EXPLAIN = [
  'explain',
  'explain-activations',
  'explain-answers',
  'explain-batch',
  'explain-chooser',
  'explain-forward',
  'explain-glossary',
  'explain-grid',
  'explain-letters',
  'explain-math',
  'explain-outputs',
  'explain-pictures',
  'explain-softmax',
  'explain-step',
  'explain-taught',
  'explain-unit',
  'explain-work',
] as const;

/** What they import of the others. */
const SHARED = ['colors', 'digit', 'elements', 'format', 'pen', 'pictures'] as const;

/** Scripts of the page of a run. */
const SCRIPTS = [
  'main',
  'charts',
  'chart-data',
  'colors',
  'digit',
  'doubtful',
  'elements',
  'epochs-table',
  ...EXPLAIN,
  'explain-section',
  'format',
  'header',
  'kind',
  'pad',
  'pen',
  'pictures',
  'results',
  'store',
  'threads',
] as const;

/** By path, of the page of a run. @throws Error if a file is missing in the package */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const require = createRequire(import.meta.url);
  const uplot = (name: string) => readFileSync(require.resolve(`uplot/dist/${name}`));
  return new Map<string, PageFile>([
    ...staticFiles('index.html'),
    ...SCRIPTS.map(script),
    ['/uplot.js', { type: SCRIPT, bytes: uplot('uPlot.esm.js') }],
    ['/uplot.css', { type: CSS, bytes: uplot('uPlot.min.css') }],
  ]);
}

/** By path, of the page of `lockstep explain`. @throws Error as `readPageFiles` */
export function readExplainFiles(): ReadonlyMap<string, PageFile> {
  return new Map<string, PageFile>([
    ...staticFiles('explain.html'),
    ...['explain-main', ...EXPLAIN, ...SHARED].map(script),
  ]);
}

function staticFiles(page: string): [string, PageFile][] {
  return [
    ['/', { type: HTML, bytes: pageFile(page) }],
    ['/style.css', { type: CSS, bytes: pageFile('style.css') }],
    ['/explain.css', { type: CSS, bytes: pageFile('explain.css') }],
    ['/icon.svg', { type: SVG, bytes: pageFile('icon.svg') }],
  ];
}

function script(name: string): [string, PageFile] {
  return [`/${name}.js`, { type: SCRIPT, bytes: pageFile(`${name}.js`) }];
}

/** @throws Error as `readPageFiles` */
export function pageFile(name: string): Buffer {
  return readFileSync(new URL(`./page/${name}`, import.meta.url));
}
