/** The page's files: a fixed table, read when the server starts. A request's path is looked up, and never made one of a file. */
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

/** The page's own scripts, each a module. */
const SCRIPTS = [
  'main',
  'charts',
  'chart-data',
  'colors',
  'digit',
  'elements',
  'epochs-table',
  'format',
  'grown',
  'header',
  'pad',
  'pen',
  'pictures',
  'results',
  'store',
  'threads',
] as const;

/** By path. @throws Error if one is missing: then this is no whole package */
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
