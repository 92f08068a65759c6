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

/** Scripts of the page. */
const SCRIPTS = [
  'main',
  'charts',
  'chart-data',
  'colors',
  'digit',
  'doubtful',
  'elements',
  'epochs-table',
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

/** By path. @throws Error if a file is missing in the package */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const own = (name: string) => readFileSync(new URL(`./page/${name}`, import.meta.url));
  const require = createRequire(import.meta.url);
  const uplot = (name: string) => readFileSync(require.resolve(`uplot/dist/${name}`));
  return new Map<string, PageFile>([
    ['/', { type: HTML, bytes: own('index.html') }],
    ['/style.css', { type: CSS, bytes: own('style.css') }],
    ['/icon.svg', { type: SVG, bytes: own('icon.svg') }],
    ...SCRIPTS.map((name) => [`/${name}.js`, { type: SCRIPT, bytes: own(`${name}.js`) }] as const),
    ['/uplot.js', { type: SCRIPT, bytes: uplot('uPlot.esm.js') }],
    ['/uplot.css', { type: CSS, bytes: uplot('uPlot.min.css') }],
  ]);
}
