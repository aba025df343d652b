import type { LabelCensus } from '@semcrc/core';
import {
  canonicalName,
  type LabelScheme,
  type LabelVolume,
  namedScheme,
  organLabels,
  schemeNames,
  spacingOf,
} from '@semcrc/imaging';

/** Distance between the voxels that are counted: a census asks for orders of magnitude. */
const STRIDE = 5;

/** Counts a segmentation's label numbers. */
export function takeCensus({ data, affine, shape }: LabelVolume, { name, names }: LabelScheme): LabelCensus {
  const counts = new Uint32Array(65536);
  for (let voxel = 0; voxel < data.length; voxel += STRIDE) {
    counts[data[voxel] as number] = (counts[data[voxel] as number] as number) + 1;
  }
  const spacing = spacingOf(affine);
  const voxel = (spacing[0] * spacing[1] * spacing[2]) / 1000;
  const millilitres: Record<string, number> = {};
  for (let number = 1; number < counts.length; number++) {
    const count = counts[number] as number;
    if (count > 0) millilitres[number] = count * STRIDE * voxel;
  }
  return {
    millilitres,
    height: Math.max(...spacing.map((side, axis) => side * (shape[2 - axis] as number))),
    names: Object.fromEntries(names),
    scheme: name,
  };
}

/** Largest volume of an organ as a multiple of the liver's in an adult's whole abdomen, with room to spare. */
const LARGEST_TO_LIVER: Readonly<Record<string, number>> = {
  spleen: 2,
  kidney_right: 1,
  kidney_left: 1,
  gallbladder: 0.5,
  stomach: 3,
  aorta: 1,
  inferior_vena_cava: 0.75,
  pancreas: 0.75,
};
/** A volume that shows less than this along the body, mm, may cut the liver off: its ratios may be this much larger. */
const WHOLE_HEIGHT = 150;
const CUT_OFF = 8;

/**
 * Doubts that segmentations follow the scheme they were read by: none of its organs, organs of sizes that no abdomen has, or
 * a named scheme that fits better. A sentence each, none where nothing is odd.
 */
export function doubtsOfScheme(censuses: readonly LabelCensus[]): readonly string[] {
  const [first] = censuses;
  if (first === undefined) return [];
  const own = fitOf(first.names, censuses);
  const others = schemeNames
    .filter((name) => name !== first.scheme)
    .flatMap((name) => {
      const scheme = namedScheme(name);
      return scheme ? [{ name, ...fitOf(Object.fromEntries(scheme.names), censuses) }] : [];
    })
    .filter(({ unknown, odd }) => !unknown && odd.length === 0)
    .filter(({ present }) => (own.odd.length > 0 ? present >= own.present : present > own.present));
  const best = Math.max(...others.map(({ present }) => present));
  const better = others.filter(({ present }) => present === best).map(({ name }) => name);
  if (own.present > 0 && own.odd.length === 0 && better.length === 0) return [];
  const found = [
    ...(own.odd.length > 0 ? own.odd : []),
    ...(own.missing.length > 0 ? [`no scan has ${own.missing.join(', ')}`] : []),
  ];
  const advice =
    better.length > 0
      ? `the labels look like those of ${better.join(' or ')}`
      : 'check that the segmentations follow it';
  return [`the label scheme ${first.scheme} may be wrong: ${found.join('; ')}; ${advice} (\`labels\`)`];
}

interface Fit {
  /** How many of the nine organs some scan has. */
  readonly present: number;
  readonly missing: readonly string[];
  /** Whether there are numbers that the scheme does not have. */
  readonly unknown: boolean;
  /** Organs of sizes that no abdomen has, in words. */
  readonly odd: readonly string[];
}

function fitOf(names: Readonly<Record<string, string>>, censuses: readonly LabelCensus[]): Fit {
  const organs = Object.entries(names)
    .map(([number, name]) => ({ number, organ: canonicalName(name) }))
    .filter(({ organ }) => Object.hasOwn(organLabels, organ));
  const seen = new Set(censuses.flatMap(({ millilitres }) => Object.keys(millilitres)));
  const missing = organs.filter(({ number }) => !seen.has(number)).map(({ organ }) => organ);
  const liver = organs.find(({ organ }) => organ === 'liver')?.number;
  const whole = censuses.every(({ height }) => height >= WHOLE_HEIGHT);
  const odd = organs.flatMap(({ number, organ }) => {
    const limit = LARGEST_TO_LIVER[organ];
    if (limit === undefined || liver === undefined) return [];
    const ratios = censuses.flatMap(({ millilitres }) => {
      const [own, livers] = [millilitres[number], millilitres[liver]];
      return own === undefined || livers === undefined ? [] : [own / livers];
    });
    const ratio = ratios.sort((a, b) => a - b)[ratios.length >> 1] ?? 0;
    return ratio > limit * (whole ? 1 : CUT_OFF)
      ? [`${organ} is ${ratio.toPrecision(2)} times as large as the liver`]
      : [];
  });
  return {
    present: organs.length - missing.length,
    missing,
    unknown: [...seen].some((number) => names[number] === undefined),
    odd,
  };
}
