// Seeded scans of slices that a tree can learn from: organs are discs on smooth fields, predictions are the truth with noise whose
// size and bias depend on the field.

/** A stream of numbers in [0, 1), Park and Miller's. */
function stream(seed) {
  let state = seed + 1;
  return () => {
    state = (state * 48271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}

/** One scan of slices × size × size voxels. */
export function drawScan(id, seed, slices = 4, size = 256) {
  const random = stream(seed);
  const plane = size * size;
  const count = slices * plane;
  const volumes = {
    truth: new Float32Array(count),
    lower: new Float32Array(count),
    point: new Float32Array(count),
    upper: new Float32Array(count),
    organs: new Uint8Array(count),
  };
  const discs = Array.from({ length: 9 }, (_, at) => {
    const angle = (2 * Math.PI * at) / 9;
    return {
      x: size * (0.5 + 0.25 * Math.cos(angle)),
      y: size * (0.5 + 0.25 * Math.sin(angle)),
      r: size * 0.05,
    };
  });
  const labels = [2, 3, 4, 5, 7, 8, 9, 10, 12];
  for (let v = 0; v < count; v++) {
    const x = v % size;
    const y = Math.floor((v % plane) / size);
    const inside = Math.hypot(x - size / 2, y - size / 2) < 0.42 * size;
    const disc = discs.findIndex((one) => Math.hypot(x - one.x, y - one.y) < one.r);
    const field = 0.5 + 0.2 * Math.sin(x / 17 + seed) * Math.cos(y / 23 + seed);
    volumes.organs[v] = !inside ? 0 : disc < 0 ? 1 : labels[disc];
    const truth = inside ? field + (disc < 0 ? 0 : 0.05 + disc / 60) + 0.02 * (random() - 0.5) : 0;
    const spread = inside ? 0.02 + 0.06 * field : random() < 0.1 ? 0.02 : 0;
    const point = Math.min(1, Math.max(0, truth + spread * (random() + random() - 1) + 0.02 * (field - 0.5)));
    volumes.truth[v] = truth;
    volumes.point[v] = point;
    volumes.lower[v] = Math.max(0, point - spread * 0.5);
    volumes.upper[v] = Math.min(1, point + spread * 0.5);
  }
  return { id, patient: id, shape: [slices, size, size], ...volumes, mended: { clipped: 0, crossed: 0 } };
}

export const LABELS = {
  ...{ 0: 'background', 1: 'body', 2: 'spleen', 3: 'kidney_right', 4: 'kidney_left', 5: 'gallbladder' },
  ...{ 7: 'liver', 8: 'stomach', 9: 'aorta', 10: 'inferior_vena_cava', 12: 'pancreas' },
};
