// Back-projection of parallel and fan beams, all slices at once.
import { hold } from './projector-place';

/**
 * Adds views to a tile of a stack: for every voxel column (x, y) and view, the column coordinate is
 * (p0 + p1·x + p2·y) / (q0 + q1·x + q2·y), held to the detector, and the filtered value there counts 1/q².
 *
 * records: six f64 a view, p0 … q2. filtered: views × (columns + 1) × depth f32; `depth` a multiple of 4. The tile spans
 * x0 … x1 and y0 … y1, ends left out. sums: tile height × tile width × depth, z fastest.
 */
export function backProjectStack(
  records: usize, views: i32, filtered: usize, columns: i32, depth: i32,
  x0: i32, x1: i32, y0: i32, y1: i32, sums: usize,
): void {
  const slice = <usize>depth << 2;
  const view = slice * <usize>(columns + 1);
  const most = <f64>(columns - 1);
  for (let v = 0; v < views; v++) {
    const record = records + <usize>v * 48;
    const p0 = load<f64>(record), p1 = load<f64>(record, 8), p2 = load<f64>(record, 16);
    const q0 = load<f64>(record, 24), q1 = load<f64>(record, 32), q2 = load<f64>(record, 40);
    let to = sums;
    for (let y = y0; y < y1; y++) {
      const p = p0 + p2 * <f64>y, q = q0 + q2 * <f64>y;
      for (let x = x0; x < x1; x++) {
        const inverse = 1 / (q + q1 * <f64>x);
        const at = hold((p + p1 * <f64>x) * inverse, most);
        const column = <i32>at;
        const weight = f32x4.splat(<f32>(at - <f64>column));
        const scale = f32x4.splat(<f32>(inverse * inverse));
        const from = filtered + <usize>column * slice;
        for (let z: usize = 0; z < slice; z += 16) {
          const a = v128.load(from + z);
          const b = v128.load(from + z + slice);
          const value = f32x4.add(a, f32x4.mul(weight, f32x4.sub(b, a)));
          v128.store(to + z, f32x4.add(v128.load(to + z), f32x4.mul(scale, value)));
        }
        to += slice;
      }
    }
    filtered += view;
  }
}
