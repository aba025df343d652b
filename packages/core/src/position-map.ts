import { SemcrcError } from '@semcrc/kernels';
import type { PositionSpec } from './partition-spec.ts';
import type { Profile } from './profile.ts';
import { partOf, quantileCuts } from './quantile.ts';

/** Groups that K-CRC divides positions into, as in section 4 of the paper. */
export const POSITION_GROUPS = 4;

/**
 * K-CRC's groups: for each pixel the mean over the scans' slices of the 0-1 loss at λ = 0, cut at its quartiles
 * (section 4). A voxel is missed at λ = 0 iff its score is positive, so profiles that keep pixels suffice.
 *
 * @param profiles of the opt scans, all of one height × width
 * @throws SemcrcError `bad-input` when a scan has another height × width than the first.
 */
export function positionMap(profiles: readonly Profile[]): PositionSpec {
  const first = profiles[0];
  if (!first) throw new SemcrcError('usage', 'k-crc needs at least one opt scan, found none');
  const [, height, width] = first.shape;
  const misses = new Float64Array(height * width);
  let slices = 0;
  for (const { scan, shape, pixels } of profiles) {
    if (shape[1] !== height || shape[2] !== width) {
      throw new SemcrcError(
        'bad-input',
        `scan ${scan}: K-CRC needs one height × width for all scans, expected ${height} × ${width} as in scan ` +
          `${first.scan}, found ${shape[1]} × ${shape[2]}; prepare the scans to one size or use sem-crc`,
        { data: { scan, expected: [height, width], found: [shape[1], shape[2]] } },
      );
    }
    if (!pixels) throw new SemcrcError('internal', `profile of scan ${scan} keeps no pixels`);
    for (let i = 0; i < pixels.length; i++) misses[pixels[i]]++;
    slices += shape[0];
  }
  const share = misses.map((count) => count / slices);
  const cuts = quantileCuts(share.slice().sort(), POSITION_GROUPS);
  return {
    kind: 'position',
    height,
    width,
    groupCount: cuts.length + 1,
    map: Uint8Array.from(share, (value) => partOf(value, cuts)),
  };
}
