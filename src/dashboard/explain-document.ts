/** One file with a network, some samples, and all that shows them: it needs no server. */
import { createHash } from 'node:crypto';
import { embed } from '../tools/explain/embedded.js';
import type { Subject } from '../tools/explain/subject.js';
import { pageFile } from './page-files.js';

export function explainDocument(subject: Subject): string {
  const style = ['style.css', 'explain.css'].map((name) => pageFile(name).toString('utf8')).join('\n');
  const script = pageFile('explain-bundle.js').toString('utf8');
  // `<` is the only character that could end the element.
  const data = JSON.stringify(embed(subject)).replaceAll('<', '\\u003c');
  const { title } = subject.facts;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    // Nothing is loaded or sent, and nothing else runs, whatever a name in the data contains.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}">`,
    '<meta name="generator" content="Lockstep">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(title)} · See it think · Lockstep</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<header><div class="masthead"><div><h1>See it think</h1>',
    '<p class="muted">The derivation of a network’s gradient, with its real numbers</p></div></div></header>',
    '<main id="explain"><p>Loading …</p></main>',
    `<script type="application/json" id="explain-data">${data}</script>`,
    `<script>${script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
