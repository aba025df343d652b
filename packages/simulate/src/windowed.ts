import { abdomenWindow, makeVolume, type Volume } from '@semcrc/imaging';

/** HU −175 … 250 to [0, 1], in f64 and rounded once. */
export function windowed(volume: Volume): Volume {
  const [lo, hi] = abdomenWindow;
  const data = Float32Array.from(volume.data, (hu) => Math.min(1, Math.max(0, (hu - lo) / (hi - lo))));
  return makeVolume(data, volume.shape, volume.affine);
}
