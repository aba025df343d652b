// Back-projection of parallel and fan beams: a stack's slices at once, or four voxels of a single slice.
import { hold, MAGIC_BITS, offsets } from './projector-place';

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

/**
 * As `backProjectStack` for one slice, four voxels of a row at a time; places are f32. filtered: views × (columns + 1)
 * f32. sums: tile height rows of `stride` bytes, a multiple of 16 that holds the tile's width.
 */
export function backProjectSlice(
  records: usize, views: i32, filtered: usize, columns: i32,
  x0: i32, x1: i32, y0: i32, y1: i32, stride: usize, sums: usize,
): void {
  const most = f32x4.splat(<f32>(columns - 1));
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  const end = <usize>(((x1 - x0 + 3) >> 2) << 4);
  for (let v = 0; v < views; v++) {
    const record = records + <usize>v * 48;
    const p1 = load<f64>(record, 8), q1 = load<f64>(record, 32);
    const lanes = f32x4(0, 1, 2, 3);
    const from = filtered - <usize>(MAGIC_BITS << 2);
    const pStep = f32x4.splat(<f32>p1), qStep = f32x4.splat(<f32>q1);
    for (let y = y0; y < y1; y++) {
      const p = f32x4.splat(<f32>(load<f64>(record) + p1 * <f64>x0 + load<f64>(record, 16) * <f64>y));
      const q = f32x4.splat(<f32>(load<f64>(record, 24) + q1 * <f64>x0 + load<f64>(record, 40) * <f64>y));
      const to = sums + <usize>(y - y0) * stride;
      let x = lanes;
      for (let at: usize = 0; at < end; at += 16, x = f32x4.add(x, f32x4.splat(4))) {
        const inverse = f32x4.div(one, f32x4.add(q, f32x4.mul(qStep, x)));
        const column = f32x4.mul(f32x4.add(p, f32x4.mul(pStep, x)), inverse);
        const held = f32x4.pmin(f32x4.pmax(column, zero), most);
        const whole = f32x4.floor(held);
        const place = offsets(whole, 2);
        const low = v128.load64_lane(
          from + <usize>i32x4.extract_lane(place, 1), v128.load64_zero(from + <usize>i32x4.extract_lane(place, 0)), 1,
        );
        const high = v128.load64_lane(
          from + <usize>i32x4.extract_lane(place, 3), v128.load64_zero(from + <usize>i32x4.extract_lane(place, 2)), 1,
        );
        const a = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
        const b = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
        const value = f32x4.add(a, f32x4.mul(f32x4.sub(held, whole), f32x4.sub(b, a)));
        const scaled = f32x4.mul(f32x4.mul(inverse, inverse), value);
        v128.store(to + at, f32x4.add(v128.load(to + at), scaled));
      }
    }
    filtered += <usize>(columns + 1) << 2;
  }
}
