/** Ranks' shares, and which MPI is looked for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { libraryFiles } from '../../../src/parallel/mpi/abi.js';
import { largestShare, shareOfRank } from '../../../src/parallel/mpi/rank-shares.js';

describe('shares of ranks', () => {
  it('cover all items once, in order, and differ by one at most', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 300 }), (count, ranks) => {
        const shares = Array.from({ length: ranks }, (_, rank) => shareOfRank(count, ranks, rank));
        const sizes = shares.map(({ from, to }) => to - from);
        expect(shares[0]!.from).toBe(0);
        expect(shares.at(-1)!.to).toBe(count);
        for (const [rank, { from }] of shares.entries()) if (rank > 0) expect(from).toBe(shares[rank - 1]!.to);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(Math.max(...sizes)).toBe(largestShare(count, ranks));
      }),
    );
  });
});

describe('the library', () => {
  it("is the launcher's where it tells, else Open MPI first", () => {
    expect(libraryFiles({})[0]).toBe('libmpi.so.40');
    expect(libraryFiles({ OMPI_COMM_WORLD_SIZE: '2', PMI_SIZE: '2' })[0]).toBe('libmpi.so.40');
    expect(libraryFiles({ PMI_SIZE: '2' })[0]).toBe('libmpi.so.12');
    expect(new Set(libraryFiles({}))).toEqual(new Set(libraryFiles({ PMI_SIZE: '2' })));
  });
});
