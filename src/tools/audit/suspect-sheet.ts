/** A sheet of the images whose labels are probably wrong, the most doubtful first. */
import type { Part } from '../../data/dataset.js';
import { errors } from '../../errors.js';
import { grouped } from '../../text/grouped.js';
import { grayPicture, usualScale } from '../inspect/picture.js';
import { type Captioned, drawSheet } from '../inspect/sheet.js';
import type { SheetOptions } from '../inspect/sheet-options.js';
import { theme as themes } from '../inspect/theme.js';
import { shapeFor } from '../predict/shape.js';
import type { Audit, Suspect } from './read-audit.js';

/**
 * @param data  the training images
 * @returns the SVG, and the suspects on it
 * @throws LockstepError if there is no such image, or the shape does not fit the inputs (status 2)
 */
export function suspectSheet(
  file: string,
  { suspects, samples }: Audit,
  { name, inputs, samples: images, labelsFile }: Part,
  { count, shape: given, scale, theme: themeName }: SheetOptions,
): { readonly svg: string; readonly shown: readonly Suspect[] } {
  const shape = shapeFor(inputs, given);
  const factor = scale ?? usualScale(shape);
  const theme = themes[themeName];
  const shown = suspects.slice(0, count);
  const pictures = shown.map(({ row, given: label, suggested, probability }): Captioned => {
    if (row >= images.count || String(images.targets[row]) !== label) throw errors.auditOfOthers(file, row, labelsFile);
    const pixels = images.values.subarray(row * inputs, (row + 1) * inputs);
    return {
      png: () => grayPicture(shape, factor, (i) => theme.gray(pixels[i]! / 255)),
      tip: `image ${row}: label ${label}, suggested ${suggested}, wrong with probability ${probability}`,
      caption: [
        [
          { text: `${label} → `, color: 'text', isBold: true },
          { text: suggested, color: 'wrong', isBold: true },
        ],
        [{ text: `#${row}`, color: 'muted' }],
      ],
    };
  });
  const of = `${grouped(suspects.length)} of ${grouped(samples)} labels of ${name} are probably wrong`;
  const svg = drawSheet(
    {
      title: shown.length < suspects.length ? `${of}; the first ${grouped(shown.length)}` : of,
      subtitle: 'label → suggested label · below: number of the image',
      pictures,
      width: shape.width * factor,
      height: shape.height * factor,
    },
    theme,
  );
  return { svg, shown };
}
