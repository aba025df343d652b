import { type Volume, windowIntensity } from '@semcrc/imaging';

/** HU −175 … 250 to [0, 1], in f64 and rounded once. */
export function windowed(volume: Volume): Volume {
  return windowIntensity(volume);
}
