import { loadProjector } from '@semcrc/kernels';
import { addNoise, largestIntegral, planHelix, projectViews, reconstructSlab } from '@semcrc/scanner';

const SIZE = 64;

/** Two balls in a cylinder: intensities from 0 to 1, x fastest. */
function balls(): Float32Array {
  const data = new Float32Array(SIZE ** 3);
  for (let i = 0; i < data.length; i++) {
    const x = (i % SIZE) - 31.5;
    const y = (Math.floor(i / SIZE) % SIZE) - 31.5;
    const z = Math.floor(i / SIZE ** 2) - 31.5;
    const inside = (at: number, radius: number) => (x - at) ** 2 + (y + at / 2) ** 2 + z ** 2 < radius ** 2;
    if (Math.hypot(x, y) < 27) data[i] = 0.5;
    if (inside(10, 8)) data[i] = 0.9;
    if (inside(-12, 6)) data[i] = 0.1;
  }
  return data;
}

/** Scans 64³ voxels along a helix with photon noise and reconstructs them, with the packages as built. */
export async function scanBalls(): Promise<{
  /** Root of the mean squared error over the middle slices. */
  readonly error: number;
  /** Every 997th voxel. */
  readonly voxels: readonly number[];
}> {
  const projector = await loadProjector();
  const volume = { data: balls(), shape: [SIZE, SIZE, SIZE] as const };
  const geometry = planHelix(volume.shape, { maxViews: 600 });
  const data = projectViews(projector, volume, geometry);
  const views = { from: 0, to: geometry.views, data };
  addNoise(views, { kind: 'poisson', photons: 1000, seed: 1 }, largestIntegral(data));
  const { data: found } = reconstructSlab(projector, geometry, views, { from: 0, to: SIZE });
  let [squares, count] = [0, 0];
  for (let i = 8 * SIZE ** 2; i < 56 * SIZE ** 2; i++) {
    squares += (found[i] - volume.data[i]) ** 2;
    count += 1;
  }
  return { error: Math.sqrt(squares / count), voxels: [...found].filter((_, i) => i % 997 === 0) };
}
