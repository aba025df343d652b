import { SemcrcError } from '@semcrc/kernels';
import { type Profile, placesOf } from '../profile/profile.ts';
import type { PositionSpec } from './partition-spec.ts';
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
  const misses = new Uint32Array(height * width);
  let slices = 0;
  for (const profile of profiles) {
    const { scan, shape } = profile;
    if (shape[1] !== height || shape[2] !== width) {
      throw new SemcrcError(
        'bad-input',
        `scan ${scan}: K-CRC needs one height × width for all scans, expected ${height} × ${width} as in scan ` +
          `${first.scan}, found ${shape[1]} × ${shape[2]}; prepare the scans to one size or use sem-crc`,
        { data: { scan, expected: [height, width], found: [shape[1], shape[2]] } },
      );
    }
    countPixels(placesOf(profile).pixels, misses);
    slices += shape[0];
  }
  const shares = Float64Array.from({ length: slices + 1 }, (_, count) => count / slices);
  const cuts = quantileCuts(sortedShares(misses, shares), POSITION_GROUPS);
  const groupOf = Uint8Array.from(shares, (share) => partOf(share, cuts));
  const map = new Uint8Array(misses.length);
  for (let pixel = 0; pixel < map.length; pixel++) map[pixel] = groupOf[misses[pixel]];
  return { kind: 'position', height, width, groupCount: cuts.length + 1, map };
}

function countPixels(pixels: Uint16Array | Uint32Array, counts: Uint32Array): void {
  for (let i = 0; i < pixels.length; i++) counts[pixels[i]]++;
}

/** Share of every pixel, ascending: a pixel is missed in one of few numbers of slices. */
function sortedShares(misses: Uint32Array, shares: Float64Array): Float64Array {
  const pixels = new Uint32Array(shares.length);
  for (let pixel = 0; pixel < misses.length; pixel++) pixels[misses[pixel]]++;
  const sorted = new Float64Array(misses.length);
  let filled = 0;
  pixels.forEach((count, missed) => {
    sorted.fill(shares[missed], filled, filled + count);
    filled += count;
  });
  return sorted;
}
