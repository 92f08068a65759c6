/** The drawings in a report, which any SVG reader must understand, and what it would load. */
import { Resvg } from '@resvg/resvg-js';

/** @throws if a drawing is not well-formed */
export function drawingsIn(report: string): string[] {
  const all = [...report.matchAll(/<svg[\s\S]*?<\/svg>/g)].map(([drawing]) =>
    drawing.includes('xmlns=') ? drawing : drawing.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"'),
  );
  for (const drawing of all) new Resvg(drawing, { font: { loadSystemFonts: false } });
  return all;
}

/** Whatever a browser would load or run. */
export function loadedBy(report: string): string[] {
  return [
    ...report
      .replaceAll('http://www.w3.org/2000/svg', '')
      .matchAll(
        /<(?:script|link|img|image|iframe|object|embed|use|foreignObject)[\s>]|\s(?:on\w+|href|src|srcset)\s*=|url\(|@import|https?:/gi,
      ),
  ].map(([found]) => found);
}
