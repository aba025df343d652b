import { makeVolume, namedScheme } from '@semcrc/imaging';
import { describe, expect, it } from 'vitest';
import { doubtsOfScheme, takeCensus } from '../src/scan/label-census.ts';

/** Millilitres of an adult's organs, about. */
const ADULT = {
  ...{ spleen: 220, kidney_right: 160, kidney_left: 165, gallbladder: 30, liver: 1500, stomach: 400 },
  ...{ aorta: 120, inferior_vena_cava: 80, pancreas: 80 },
};

/** Scans whose segmentations follow a scheme, read by another. */
function censuses(follows: string, readAs: string, height = 300) {
  const numbers = [...(namedScheme(follows)?.names ?? [])];
  const millilitres = Object.fromEntries(
    numbers.flatMap(([number, name]) => (name in ADULT ? [[number, ADULT[name as keyof typeof ADULT]]] : [])),
  );
  const names = Object.fromEntries(namedScheme(readAs)?.names ?? []);
  return [0.8, 1, 1.3].map((size) => ({
    millilitres: Object.fromEntries(Object.entries(millilitres).map(([number, own]) => [number, own * size])),
    ...{ height, names, scheme: readAs },
  }));
}

const SCHEMES = ['suprem', 'totalsegmentator', 'flare', 'abdomenatlas'];

describe('the label scheme of a cohort', () => {
  it.each(SCHEMES)('raises no doubts where segmentations follow it: %s', (scheme) => {
    for (const height of [48, 300]) expect(doubtsOfScheme(censuses(scheme, scheme, height))).toEqual([]);
  });

  it.each(
    SCHEMES.flatMap((follows) =>
      SCHEMES.filter((readAs) => readAs !== follows).map((readAs) => [follows, readAs] as const),
    ),
  )('is doubted, and the right one named, where %s is read as %s', (follows, readAs) => {
    const [doubt, ...more] = doubtsOfScheme(censuses(follows, readAs));
    expect(more).toEqual([]);
    expect(doubt).toContain(`the label scheme ${readAs} may be wrong`);
    expect(doubt).toMatch(new RegExp(`look like those of .*${follows}.*\`labels\``));
  });

  it('is doubted where no scan has any of its organs', () => {
    const [census] = censuses('suprem', 'suprem');
    expect(doubtsOfScheme([{ ...census, millilitres: { 20: 50, 21: 60 } }])).toEqual([
      expect.stringMatching(/may be wrong: no scan has spleen, .*check that the segmentations follow it/),
    ]);
  });

  it('is not doubted for organs that happen to be missing', () => {
    const [census] = censuses('suprem', 'suprem');
    expect(doubtsOfScheme([{ ...census, millilitres: { 6: 1500, 1: 200 } }])).toEqual([]);
    expect(doubtsOfScheme([])).toEqual([]);
  });
});

describe('a census', () => {
  it('counts millilitres by number, to the stride', () => {
    const data = Uint16Array.from({ length: 50 * 40 * 30 }, (_, voxel) => (voxel % 2 === 0 ? 6 : 0));
    const affine = [2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1] as const;
    const suprem = namedScheme('suprem');
    if (!suprem) throw new Error('no suprem');
    const census = takeCensus(makeVolume(data, [50, 40, 30], affine), suprem);
    expect(Object.keys(census.millilitres)).toEqual(['6']);
    expect(census.millilitres[6]).toBeCloseTo((60000 / 2) * 0.03, 6);
    expect(census.height).toBe(250);
  });
});
