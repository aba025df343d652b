import { centredGrid, drawPhantom, drawPhantomVolume, drawWarp, phantomAcquisition } from '@semcrc/simulate';

/** Digests of a phantom volume, of a scan as the built-in cohort has it, and of a warp: of every bit of their voxels. */
export async function drawnBits(): Promise<Readonly<Record<string, string>>> {
  const volume = drawPhantomVolume({ seed: 0, organs: 'ten' }, 5, centredGrid([24, 48, 56], [7, 7, 9]));
  const model = { seed: 3, shape: [2, 64, 64], organs: 'nine' } as const;
  const scan = await drawPhantom(model, 11, phantomAcquisition());
  const warp = drawWarp([volume], 1, 2);
  return {
    volume: digest(volume.truth.data, volume.anatomy),
    measurement: digest(scan.truth, scan.measurement),
    prediction: digest(scan.lower, scan.point, scan.upper),
    organs: digest(scan.anatomy, scan.organs),
    warp: digest(warp.truth.data, warp.anatomy),
  };
}

/** FNV-1a, twice 32 bits: pages without a secure context have no SHA-256. */
function digest(...arrays: readonly (Float32Array | Uint8Array)[]): string {
  let [low, high] = [0x811c9dc5, 0x01000193];
  for (const { buffer, byteOffset, byteLength } of arrays) {
    for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) {
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high ^ byte ^ (low >>> 24), 0x85ebca6b);
    }
  }
  return [low, high].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
