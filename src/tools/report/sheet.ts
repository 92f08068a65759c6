/** A report as one SVG drawing. */
import { escaped, FONT, widthOf } from '../drawing/letters.js';
import { darkRules } from '../plot/theme.js';
import { fitted, LABEL, line, text } from './draw.js';
import { CHART_WIDTH, type Chart, GRID, GROUND, INK, type Report, type Table } from './model.js';
import { rangeBar } from './range-bar.js';

const MARGIN = 28;
const GAP = 32;
const PER_ROW = 2;
const WIDTH = 2 * MARGIN + PER_ROW * CHART_WIDTH + (PER_ROW - 1) * GAP;
const INNER = WIDTH - 2 * MARGIN;
const ROW = 26;
/** Width of a range bar. */
const RANGE = 170;
const TITLE = 15;
const LINE = 17;

export function reportSheet({ title, subtitle, warnings, parts, footer }: Report): string {
  const blocks: string[] = [];
  let y = MARGIN + 20;
  blocks.push(text(fitted(title, INNER, 20), MARGIN, y, { size: 20, fill: INK, isBold: true }));
  y += 22;
  blocks.push(text(fitted(subtitle, INNER, 14), MARGIN, y, { size: 14 }));
  const paragraph = (content: string, fill?: string) => {
    for (const each of linesOf(content, INNER)) {
      y += LINE;
      blocks.push(text(each, MARGIN, y, fill === undefined ? {} : { fill }));
    }
  };
  if (warnings.length > 0) y += 8;
  for (const warning of warnings) paragraph(`• ${warning}`, INK);
  y += GAP;
  for (const group of inRows(parts)) {
    if ('kind' in group) {
      const { body, height } = drawTable(group);
      blocks.push(at(MARGIN, y, body));
      y += height + GAP;
      continue;
    }
    const drawn = group.charts.map(drawChart);
    for (const [i, { body }] of drawn.entries()) blocks.push(at(MARGIN + i * (CHART_WIDTH + GAP), y, body));
    y += Math.max(...drawn.map(({ height }) => height)) + GAP;
  }
  blocks.push(line(MARGIN, y, WIDTH - MARGIN, y, GRID));
  y += 4;
  paragraph(footer);
  const height = Math.ceil(y + MARGIN);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" ` +
      `font-family="${FONT}" role="img" aria-label="${escaped(`${title}: ${subtitle}`)}">`,
    `<title>${escaped(title)}</title>`,
    `<style>${darkRules()}</style>`,
    `<rect width="100%" height="100%" fill="${GROUND}"/>`,
    ...blocks,
    '</svg>',
    '',
  ].join('\n');
}

/** Charts side by side. */
function inRows(parts: Report['parts']): (Table | { readonly charts: Chart[] })[] {
  const groups: (Table | { readonly charts: Chart[] })[] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    if (part.kind === 'table') groups.push(part);
    else if (last && 'charts' in last && last.charts.length < PER_ROW) last.charts.push(part);
    else groups.push({ charts: [part] });
  }
  return groups;
}

function drawChart({ title, note, description, height, body }: Chart): {
  readonly body: string;
  readonly height: number;
} {
  const lines = linesOf(note, CHART_WIDTH);
  const top = TITLE + 6 + lines.length * LINE + 6;
  return {
    body:
      text(fitted(title, CHART_WIDTH, TITLE), 0, TITLE, { size: TITLE, fill: INK, isBold: true }) +
      lines.map((each, i) => text(each, 0, TITLE + 4 + (i + 1) * LINE)).join('') +
      `<g transform="translate(0 ${top})"><title>${escaped(description)}</title>${body}</g>`,
    height: top + height,
  };
}

function drawTable({ title, note, columns, rows }: Table): { readonly body: string; readonly height: number } {
  const top = TITLE + (note ? LINE + 4 : 0) + 22;
  const lefts = columns.map((_, i) => columns.slice(0, i).reduce((sum, { width }) => sum + width, 0));
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  const cell = (content: string, i: number, y: number, fill?: string) => {
    const { isNumber, width: room } = columns[i]!;
    const x = lefts[i]! + (isNumber ? room - 10 : 0);
    return text(fitted(content, room - 10), x, y, { anchor: isNumber ? 'end' : 'start', ...(fill && { fill }) });
  };
  const body = rows.map((cells, r) => {
    const y = top + (r + 1) * ROW;
    const drawn = cells.map(({ text: content, detail, range }, i) => {
      // To the right of the table.
      if (range) return cell(content, i, y, INK) + rangeBar(range, width + 12, y - 4, RANGE);
      if (detail === undefined) return cell(content, i, y, INK);
      const x = lefts[i]! + columns[i]!.width - 10;
      const small = LABEL - 2;
      return (
        text(detail, x, y, { anchor: 'end', size: small }) +
        text(content, x - widthOf(detail, small) - 6, y, { anchor: 'end', fill: INK })
      );
    });
    return `${drawn.join('')}${line(0, y + 8, width, y + 8, GRID)}`;
  });
  return {
    body: [
      text(title, 0, TITLE, { size: TITLE, fill: INK, isBold: true }),
      ...(note ? [text(fitted(note, INNER), 0, TITLE + LINE + 4)] : []),
      ...columns.map(({ head }, i) => cell(head, i, top)),
      line(0, top + 8, width, top + 8, GRID),
      ...body,
    ].join(''),
    height: top + rows.length * ROW + 12,
  };
}

function at(x: number, y: number, body: string): string {
  return `<g transform="translate(${x} ${Math.round(y)})">${body}</g>`;
}

/** Wraps at spaces. */
function linesOf(content: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of content.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(`${last} ${word}`, LABEL) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(fitted(word, width));
  }
  return lines;
}
