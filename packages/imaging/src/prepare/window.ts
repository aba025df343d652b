import { SemcrcError } from '@semcrc/kernels';
import { makeVolume, type Volume } from '../grid/volume.ts';

/** The CT window of the paper, in HU: −175 becomes 0, 250 becomes 1. */
export const abdomenWindow: readonly [lo: number, hi: number] = [-175, 250];

/**
 * Intensities mapped from the window to [0,1]: (v − lo)/(hi − lo) in f64, clipped, rounded once to f32. NaN stays NaN.
 *
 * @param window the values that become 0 and 1, in the unit of the volume (HU for a CT).
 * @param out where to write; may be the data of the volume itself.
 * @throws SemcrcError `usage` when lo is not below hi, or `out` has another length.
 */
export function windowIntensity(
  volume: Volume,
  [lo, hi]: readonly [lo: number, hi: number] = abdomenWindow,
  out: Float32Array = new Float32Array(volume.data.length),
): Volume {
  if (!(lo < hi) || !Number.isFinite(hi - lo)) {
    throw new SemcrcError('usage', `a window needs lo < hi, got ${lo}, ${hi}`);
  }
  const { data } = volume;
  const width = hi - lo;
  if (out.length !== data.length) {
    throw new SemcrcError('usage', `windowing ${data.length} voxels into an array of ${out.length}`);
  }
  for (let j = 0; j < data.length; j++) {
    let v = (data[j] - lo) / width;
    if (v < 0) v = 0;
    if (v > 1) v = 1;
    out[j] = v;
  }
  return makeVolume(out, volume.shape, volume.affine);
}

/**
 * Windowed intensities as HU: lo + v · (hi − lo) in f64, rounded once to f32. The inverse of {@link windowIntensity} for
 * what lies inside the window, up to the rounding of windowed values (2⁻²⁵ of the window); 0 and 1 come back as its ends, whatever was beyond them.
 */
export function unwindowIntensity(
  volume: Volume,
  [lo, hi]: readonly [lo: number, hi: number] = abdomenWindow,
): Volume {
  const data = volume.data.map((value) => lo + value * (hi - lo));
  return makeVolume(data, volume.shape, volume.affine);
}
