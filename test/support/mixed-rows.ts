/** A table with categories, truths, dates and missing cells, some of them labels. */
import { Random } from '../../src/model/random.js';

export const MIXED_HEADER = ['id', 'island', 'mass', 'wild', 'when', 'size'] as const;

export function mixedRows(): string[][] {
  const random = new Random(5, 5);
  return Array.from({ length: 130 }, (_, i): string[] => {
    const mass = 3000 + random.below(3000);
    const cell = (text: string) => (random.below(12) === 0 ? 'NA' : text);
    const day = new Date(Date.UTC(2026, 0, 1 + random.below(300), random.below(24))).toISOString();
    const size = i % 40 === 7 ? '' : mass > 4400 ? 'big' : 'small';
    return [
      String(100 + i),
      cell(['north', 'east', 'south'][random.below(3)]!),
      cell(String(mass)),
      cell(String(random.below(2) === 1)),
      cell(day),
      size,
    ];
  });
}
