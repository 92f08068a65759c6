/** The few SVG elements that the figures are made of, and the colors that they share. */

export interface Figure {
  /** Of the file, without `.svg`. */
  readonly name: string;
  readonly title: string;
  /** For readers who cannot see it. */
  readonly description: string;
  readonly height: number;
  /** Elements, in the order in which they are painted. */
  readonly body: readonly string[];
}

/** Of every figure: about as wide as GitHub's column of text, so that one unit is one pixel. */
export const WIDTH = 864;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * What a color stands for. Blue and orange of Okabe and Ito's palette, which color-blind readers can tell
 * apart, darkened on light ground until text in them is legible.
 */
export type Ink = 'ink' | 'muted' | 'forward' | 'backward';

interface Theme extends Readonly<Record<Ink, string>> {
  readonly panel: string;
  readonly border: string;
  readonly box: string;
}

const LIGHT: Theme = {
  panel: '#ffffff',
  border: '#d1d9e0',
  box: '#f3f5f7',
  ink: '#1f2328',
  muted: '#59636e',
  forward: '#0067a3',
  backward: '#b84a00',
};

const DARK: Theme = {
  panel: '#161b22',
  border: '#3d444d',
  box: '#212830',
  ink: '#f0f6fc',
  muted: '#9198a1',
  forward: '#6cc0f5',
  backward: '#f59a4a',
};

const INKS: readonly Ink[] = ['ink', 'muted', 'forward', 'backward'];

/** Every figure brings its own ground, so that it stays legible where page and system differ in theme. */
export function toSvg({ title, description, height, body }: Figure): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<desc>${escaped(description)}</desc>`,
    '<style>',
    'text{font:15px -apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif}',
    '.small{font-size:13px}.bold{font-weight:600}.line{stroke-width:2}.thin{stroke-width:1}.thick{stroke-width:2.5}',
    rules(LIGHT),
    `@media(prefers-color-scheme:dark){${rules(DARK)}}`,
    '</style>',
    `<rect class="panel" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

function rules(theme: Theme): string {
  return [
    `.panel{fill:${theme.panel};stroke:${theme.border}}`,
    `.box{fill:${theme.box};stroke:${theme.border}}`,
    `.grid{fill:none;stroke:${theme.border}}`,
    `.over-grid{paint-order:stroke;stroke:${theme.panel};stroke-width:4px}`,
    `.hollow{fill:${theme.panel};stroke-width:2}`,
    ...INKS.map((ink) => `.${ink}{fill:${theme[ink]}}.line.${ink},.hollow.s-${ink}{stroke:${theme[ink]}}`),
    // After the inks, which fill.
    '.line{fill:none}',
  ].join('');
}

export interface TextStyle {
  readonly ink?: Ink;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly small?: boolean;
  readonly bold?: boolean;
  /** Grid lines stop short of the letters. */
  readonly overGrid?: boolean;
}

/** @param y  of the baseline */
export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { ink = 'ink', anchor = 'middle', small = false, bold = false, overGrid = false } = style;
  const classes = [ink, small && 'small', bold && 'bold', overGrid && 'over-grid'].filter(Boolean).join(' ');
  return `<text class="${classes}" x="${short(x)}" y="${short(y)}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

/** A line through the points. */
export function polyline(points: readonly Point[], ink: Ink, weight: 'thin' | 'normal' | 'thick' = 'normal'): string {
  const classes = weight === 'normal' ? `line ${ink}` : `line ${weight} ${ink}`;
  return `<path class="${classes}" d="M${points.map(({ x, y }) => `${short(x)} ${short(y)}`).join('L')}"/>`;
}

/** A line through the points with a head at its end. */
export function arrow(points: readonly Point[], ink: Ink): string {
  const tip = points.at(-1)!;
  const from = points.at(-2)!;
  const length = Math.hypot(tip.x - from.x, tip.y - from.y);
  const along = { x: (tip.x - from.x) / length, y: (tip.y - from.y) / length };
  const head = Math.min(9, length / 2);
  const base = { x: tip.x - head * along.x, y: tip.y - head * along.y };
  const half = head * 0.5;
  const left = { x: base.x - half * along.y, y: base.y + half * along.x };
  const right = { x: base.x + half * along.y, y: base.y - half * along.x };
  const corners = [tip, left, right].map(({ x, y }) => `${short(x)} ${short(y)}`).join('L');
  return `${polyline([...points.slice(0, -1), base], ink)}<path class="${ink}" d="M${corners}Z"/>`;
}

export function dot({ x, y }: Point, ink: Ink, radius = 4.5): string {
  return `<circle class="${ink}" cx="${short(x)}" cy="${short(y)}" r="${radius}"/>`;
}

/** A ring: the point itself does not belong to the line that ends there. */
export function ring({ x, y }: Point, ink: Ink, radius = 4.5): string {
  return `<circle class="hollow s-${ink}" cx="${short(x)}" cy="${short(y)}" r="${radius}"/>`;
}

/** A rounded box around a center, with lines of text in it: the first bold, the others small. */
export function box(center: Point, width: number, height: number, lines: readonly string[], ink: Ink = 'ink'): string {
  const { x, y } = center;
  const lineHeight = 19;
  const firstBaseline = y - ((lines.length - 1) * lineHeight) / 2 + 5;
  return [
    `<rect class="box" x="${short(x - width / 2)}" y="${short(y - height / 2)}" width="${width}" height="${height}" rx="6"/>`,
    ...lines.map((line, i) =>
      text(x, firstBaseline + i * lineHeight, line, i === 0 ? { bold: true, ink } : { small: true, ink: 'muted' }),
    ),
  ].join('');
}

/** A number to two decimals, which is finer than any screen. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
