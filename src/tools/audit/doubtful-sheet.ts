/** A sheet of the images of an audit. */
import type { Part } from '../../data/dataset.js';
import { errors } from '../../errors.js';
import { grouped } from '../../text/grouped.js';
import { grayPicture, usualScale } from '../inspect/picture.js';
import { type Captioned, drawSheet } from '../inspect/sheet.js';
import type { SheetOptions } from '../inspect/sheet-options.js';
import { theme as themes } from '../inspect/theme.js';
import { shapeFor } from '../predict/shape.js';
import type { Audit } from './read-audit.js';

/**
 * @param part  the training images
 * @returns an SVG
 * @throws LockstepError if there is no such image, or the shape does not fit the inputs (status 2)
 */
export function doubtfulSheet(
  file: string,
  audit: Audit,
  { name, inputs, samples: images, labelsFile }: Part,
  { shape: given, scale, theme: themeName }: Omit<SheetOptions, 'count'>,
): string {
  const shape = shapeFor(inputs, given);
  const factor = scale ?? usualScale(shape);
  const theme = themes[themeName];
  const pictures = audit.shown.map(({ row, given: label, suggested, probability }): Captioned => {
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
  return drawSheet(
    {
      title: titleOf(audit, name),
      subtitle: 'label → suggested label · below: number of the image',
      pictures,
      width: shape.width * factor,
      height: shape.height * factor,
    },
    theme,
  );
}

function titleOf({ shown, suspects, samples }: Audit, name: string): string {
  if (suspects === 0) return `the ${grouped(shown.length)} most doubtful labels of ${name}; none stands out`;
  const of = `${grouped(suspects)} of ${grouped(samples)} labels of ${name} are probably wrong`;
  return shown.length < suspects ? `${of}; the first ${grouped(shown.length)}` : of;
}
