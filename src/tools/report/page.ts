/** A report as one web page, without scripts, and without anything from the network. */
import { escaped, FONT } from '../drawing/letters.js';
import { darkRules } from '../plot/theme.js';
import type { Cell, Chart, Column, Report, Table } from './model.js';
import { rangeBar } from './range-bar.js';

const STYLE = `
:root{color-scheme:light dark;--ground:#fff;--raised:#f6f8fa;--grid:#e3e7eb;--ink:#1f2328;--muted:#59636e;--accent:#0067a3}
@media(prefers-color-scheme:dark){:root{--ground:#0d1117;--raised:#161b22;--grid:#2b323a;--ink:#f0f6fc;--muted:#9198a1;--accent:#6cc0f5}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 ${FONT.replaceAll('"', "'")}}
main{max-width:1180px;margin:0 auto;padding:24px 16px 40px}
h1{font-size:1.5rem;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:0 0 4px}
p{margin:0;color:var(--muted)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0;padding:0}
.tiles div{background:var(--raised);border:1px solid var(--grid);border-radius:8px;padding:12px 14px}
.tiles dt{color:var(--muted);font-size:.9rem}
.tiles dd{margin:0}
.tiles .value{font-size:1.7rem;font-weight:600;font-variant-numeric:tabular-nums}
.tiles .detail,.note,footer{font-size:.875rem;color:var(--muted)}
.warnings{margin:20px 0;padding:12px 14px 12px 34px;border:1px solid var(--grid);border-left:4px solid var(--accent);border-radius:4px;background:var(--raised)}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,350px),1fr));gap:32px 28px;margin:28px 0}
figure,section{margin:0;min-width:0;display:grid;grid-row:span 2;grid-template-rows:subgrid;row-gap:0;align-content:start}
.wide{grid-column:1/-1}
figure svg{display:block;width:100%;max-width:520px;height:auto;margin-top:8px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.925rem;font-variant-numeric:tabular-nums;margin-top:8px}
th,td{padding:5px 14px 5px 0;border-bottom:1px solid var(--grid);text-align:left;font-weight:400;vertical-align:baseline;white-space:nowrap}
thead th{color:var(--muted)}
tbody th{max-width:16em;overflow:hidden;text-overflow:ellipsis}
.number{text-align:right}
td small{color:var(--muted);display:block;font-size:.8rem}
.bar{display:block;width:150px;height:14px;margin-top:3px}
@media(max-width:480px){th,td{padding-right:10px}.number{padding-right:12px}}
footer{border-top:1px solid var(--grid);padding-top:12px;overflow-wrap:anywhere}
@media print{figure,section,.tiles{break-inside:avoid}}
`;

/** Tables with more columns are as wide as the page. */
const MOST_NARROW = 4;

export function reportPage({ title, subtitle, headline, warnings, parts, footer }: Report): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    // Nothing can be loaded, whatever a name in the data contains.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="generator" content="Lockstep">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}${darkRules()}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<header><h1>${escaped(title)}</h1><p>${escaped(subtitle)}</p></header>`,
    `<dl class="tiles">${headline
      .map(
        ({ name, text, detail }) =>
          `<div><dt>${escaped(name)}</dt><dd class="value">${escaped(text)}</dd><dd class="detail">${escaped(detail)}</dd></div>`,
      )
      .join('')}</dl>`,
    ...(warnings.length > 0
      ? [`<ul class="warnings">${warnings.map((each) => `<li>${escaped(each)}</li>`).join('')}</ul>`]
      : []),
    '<div class="grid">',
    ...parts.map((part) => (part.kind === 'chart' ? figure(part) : section(part))),
    '</div>',
    `<footer>${escaped(footer)}</footer>`,
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function figure({ title, note, description, width, height, body }: Chart): string {
  return (
    `<figure><figcaption><h2>${escaped(title)}</h2><p class="note">${escaped(note)}</p></figcaption>` +
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(description)}">${body}</svg></figure>`
  );
}

function section({ title, note, columns, rows }: Table): string {
  const head = columns.map(({ head, isNumber }) => `<th scope="col"${classOf(isNumber)}>${escaped(head)}</th>`);
  const body = rows.map((cells) => `<tr>${cells.map((cell, i) => cellOf(cell, columns[i]!, i === 0)).join('')}</tr>`);
  return (
    `<section${columns.length > MOST_NARROW ? ' class="wide"' : ''}>` +
    `<div><h2>${escaped(title)}</h2>${note ? `<p class="note">${escaped(note)}</p>` : ''}</div>` +
    // Scrollable by keyboard, too.
    `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(title)}"><table>` +
    `<thead><tr>${head.join('')}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody></table></div></section>`
  );
}

function cellOf({ text, detail, range }: Cell, { isNumber }: Column, isName: boolean): string {
  if (isName) {
    const bar = range
      ? `<svg class="bar" viewBox="0 0 150 14" aria-hidden="true">${rangeBar(range, 0, 7, 150)}</svg>`
      : '';
    return `<th scope="row" title="${escaped(text)}">${escaped(text)}${bar}</th>`;
  }
  const more = detail === undefined ? '' : `<small>${escaped(detail)}</small>`;
  return `<td${classOf(isNumber)}>${escaped(text)}${more}</td>`;
}

function classOf(isNumber: boolean): string {
  return isNumber ? ' class="number"' : '';
}
