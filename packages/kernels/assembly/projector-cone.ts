// Helical back-projection within the Tam–Danielson window. With q = U/R, the distance of a voxel from the source along
// the central ray over the source radius, a view adds to the voxel
//
//   w·Q/q² − w′·H/(2πRq)   and to its weight   w / (q·(1 + (u/R)²)),
//
// where Q is the ramp-filtered and H the Hilbert-filtered view, w the window's taper and w′ its derivative along the
// source path (docs/scanner.md). Both depend on the place between the window's edges alone, so they come from one table.
import { hold, MAGIC_BITS, offsets } from './projector-place';

/** Bytes of a view's record: p0 p1 p2 q0 q1 q2 sourceZ base, f64 each. */
const RECORD: usize = 64;

/**
 * Adds views to a tile of a slab. Column coordinates as in `backProjectStack`, with q as above; along z a voxel at z is
 * seen at v = (z − sourceZ)·vz/q above the source, row coordinate v/rowSize + rowCentre, held to the detector.
 *
 * records: eight f64 a view; sourceZ and z count from slice `base` of the view, a whole number, so that their f32 does
 * not depend on the slab. ramp, hilbert: views × (columns + 1) × (rows + 1) f32. edges: the window's lower edge, its
 * height and one over that by column, three f64 each, columns + 1 of them. taper: `steps` + 2 pairs of f32 (w and its derivative by the place between
 * the edges) from −reach to reach. The tile spans x0 … x1, y0 … y1, the slab z0 … z1, ends left out. sums, weights: tile
 * height × tile width × depth, z fastest, depth at least z1 − z0 + 3.
 */
export function backProjectCone(
  records: usize, views: i32, ramp: usize, hilbert: usize, columns: i32, rows: i32,
  edges: usize, taper: usize, steps: i32, reach: f64,
  radius: f64, pitch: f64, columnSize: f64, columnCentre: f64, rowSize: f64, rowCentre: f64, vz: f64,
  x0: i32, x1: i32, y0: i32, y1: i32, z0: i32, z1: i32, depth: i32,
  sums: usize, weights: usize,
): void {
  const deep = <usize>depth << 2;
  const along = <usize>(rows + 1) << 2;
  const view = along * <usize>(columns + 1);
  const most = <f64>(columns - 1);
  const mostRow = f32x4.splat(<f32>(rows - 1));
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const limit = f32x4.splat(<f32>reach);
  const below = f32x4.neg(limit);
  const finer = f32x4.splat(<f32>(<f64>steps / (2 * reach)));
  const lanes = f32x4(0, 1, 2, 3);
  const half = f32x4.splat(0.5);
  const perVz = 1 / vz, perRow = 1 / rowSize, slopeSize = columnSize / radius;
  const perCircle = 1 / (2 * Math.PI * radius), risePerRadian = pitch / (2 * Math.PI);
  const entries = taper - <usize>(MAGIC_BITS << 3);
  for (let n = 0; n < views; n++) {
    const record = records + <usize>n * RECORD;
    const p0 = load<f64>(record), p1 = load<f64>(record, 8), p2 = load<f64>(record, 16);
    const q0 = load<f64>(record, 24), q1 = load<f64>(record, 32), q2 = load<f64>(record, 40);
    const sourceZ = load<f64>(record, 48);
    const base = <i32>load<f64>(record, 56);
    const bottom = <f64>(z0 - base), top = <f64>(z1 - base);
    let offset: usize = 0;
    for (let y = y0; y < y1; y++) {
      const p = p0 + p2 * <f64>y, q = q0 + q2 * <f64>y;
      for (let x = x0; x < x1; x++, offset += deep) {
        const distance = q + q1 * <f64>x;
        const inverse = 1 / distance;
        const free = (p + p1 * <f64>x) * inverse;
        const at = hold(free, most);
        const column = <i32>at;
        const share = at - <f64>column;
        const edge = edges + <usize>column * 24;
        const lower = between(edge, share);
        const span = between(edge + 8, share);
        const perSpan = between(edge + 16, share);
        const perSlice = vz * inverse;
        const slices = distance * perVz;
        let from = ceil(sourceZ + (lower - reach * span) * slices);
        let to = floor(sourceZ + (lower + (1 + reach) * span) * slices) + 1;
        if (from < bottom) from = bottom;
        if (to > top) to = top;
        if (!(from < to)) continue;

        // v, the place between the edges and the row coordinate are linear in z.
        const v0 = -sourceZ * perSlice;
        const v1 = f32x4.splat(<f32>perSlice);
        const vStart = f32x4.splat(<f32>v0);
        const placeStart = f32x4.splat(<f32>((v0 - lower) * perSpan));
        const place1 = f32x4.splat(<f32>(perSlice * perSpan));
        const rowStart = f32x4.splat(<f32>(v0 * perRow + rowCentre));
        const row1 = f32x4.splat(<f32>(perSlice * perRow));

        const slope = (free - columnCentre) * slopeSize;
        const squared = inverse * inverse;
        const rampScale = f32x4.splat(<f32>squared);
        const weightScale = f32x4.splat(<f32>(inverse / (1 + slope * slope)));
        // w′·H/(2πRq) = taper′ · (constant + v·linear) · H
        const outer = inverse * perSpan * perCircle;
        const constant = f32x4.splat(<f32>(-risePerRadian * inverse * outer));
        const linear = f32x4.splat(<f32>(slope * outer));

        const weightColumn = f32x4.splat(<f32>share);
        const q0s = ramp + <usize>column * along - <usize>(MAGIC_BITS << 2);
        const h0s = hilbert + <usize>column * along - <usize>(MAGIC_BITS << 2);
        const start = <i32>from, end = <i32>to;
        let out = offset + (<usize>(start + base - z0) << 2);
        for (let z = start; z < end; z += 4, out += 16) {
          const zs = f32x4.add(f32x4.splat(<f32>z), lanes);
          const place = f32x4.add(placeStart, f32x4.mul(zs, place1));
          const inward = f32x4.pmin(place, f32x4.sub(one, place));
          const row = f32x4.pmin(f32x4.pmax(f32x4.add(rowStart, f32x4.mul(zs, row1)), zero), mostRow);
          const wholeRow = f32x4.floor(row);
          const weightRow = f32x4.sub(row, wholeRow);
          const at4 = offsets(wholeRow, 2);
          const a0 = <usize>i32x4.extract_lane(at4, 0), a1 = <usize>i32x4.extract_lane(at4, 1);
          const a2 = <usize>i32x4.extract_lane(at4, 2), a3 = <usize>i32x4.extract_lane(at4, 3);
          const filtered = bilinear(q0s, along, a0, a1, a2, a3, weightColumn, weightRow);
          let sum = v128.load(sums + out);
          let weight = v128.load(weights + out);
          if (!v128.any_true(f32x4.lt(inward, limit))) {
            sum = f32x4.add(sum, f32x4.mul(rampScale, filtered));
            weight = f32x4.add(weight, weightScale);
          } else {
            const t = f32x4.mul(f32x4.sub(f32x4.pmin(f32x4.pmax(inward, below), limit), below), finer);
            const whole = f32x4.floor(t);
            const g = f32x4.sub(t, whole);
            const entry = offsets(whole, 3);
            const e0 = v128.load(entries + <usize>i32x4.extract_lane(entry, 0));
            const e1 = v128.load(entries + <usize>i32x4.extract_lane(entry, 1));
            const e2 = v128.load(entries + <usize>i32x4.extract_lane(entry, 2));
            const e3 = v128.load(entries + <usize>i32x4.extract_lane(entry, 3));
            const low01 = v128.shuffle<i32>(e0, e1, 0, 1, 4, 5), low23 = v128.shuffle<i32>(e2, e3, 0, 1, 4, 5);
            const high01 = v128.shuffle<i32>(e0, e1, 2, 3, 6, 7), high23 = v128.shuffle<i32>(e2, e3, 2, 3, 6, 7);
            const g01 = v128.shuffle<i32>(g, g, 0, 0, 1, 1), g23 = v128.shuffle<i32>(g, g, 2, 2, 3, 3);
            const t01 = f32x4.add(low01, f32x4.mul(g01, f32x4.sub(high01, low01)));
            const t23 = f32x4.add(low23, f32x4.mul(g23, f32x4.sub(high23, low23)));
            const w = v128.shuffle<i32>(t01, t23, 0, 2, 4, 6);
            // The taper rises at the lower edge and falls at the upper one.
            const sign = v128.and(f32x4.sub(half, place), i32x4.splat(<i32>0x80000000));
            const change = v128.xor(v128.shuffle<i32>(t01, t23, 1, 3, 5, 7), sign);
            const boundary = bilinear(h0s, along, a0, a1, a2, a3, weightColumn, weightRow);
            const v = f32x4.add(vStart, f32x4.mul(zs, v1));
            const scale = f32x4.mul(change, f32x4.add(constant, f32x4.mul(v, linear)));
            sum = f32x4.add(sum, f32x4.sub(
              f32x4.mul(w, f32x4.mul(rampScale, filtered)), f32x4.mul(scale, boundary),
            ));
            weight = f32x4.add(weight, f32x4.mul(w, weightScale));
          }
          v128.store(sums + out, sum);
          v128.store(weights + out, weight);
        }
      }
    }
    ramp += view;
    hilbert += view;
  }
}

/** A number of the window's table between two columns. */
@inline
function between(edge: usize, share: f64): f64 {
  return load<f64>(edge) + share * (load<f64>(edge, 24) - load<f64>(edge));
}

/** Four values between two detector columns and, each for itself, between two rows. */
@inline
function bilinear(
  column: usize, along: usize, a0: usize, a1: usize, a2: usize, a3: usize, weightColumn: v128, weightRow: v128,
): v128 {
  const next = column + along;
  const x = v128.load64_lane(column + a1, v128.load64_zero(column + a0), 1);
  const y = v128.load64_lane(column + a3, v128.load64_zero(column + a2), 1);
  const nextX = v128.load64_lane(next + a1, v128.load64_zero(next + a0), 1);
  const nextY = v128.load64_lane(next + a3, v128.load64_zero(next + a2), 1);
  const p = f32x4.add(x, f32x4.mul(weightColumn, f32x4.sub(nextX, x)));
  const q = f32x4.add(y, f32x4.mul(weightColumn, f32x4.sub(nextY, y)));
  const a = v128.shuffle<i32>(p, q, 0, 2, 4, 6);
  const b = v128.shuffle<i32>(p, q, 1, 3, 5, 7);
  return f32x4.add(a, f32x4.mul(weightRow, f32x4.sub(b, a)));
}

/**
 * A tile's sums over their weights, times `full`, and its weights times `share`, laid x fastest into two slabs of
 * `width` × `height` a slice. A voxel with less than `least` of its weight is 0: nothing can be said there.
 */
export function normalizeTile(
  sums: usize, weights: usize, depth: i32, slices: i32, x0: i32, x1: i32, y0: i32, y1: i32,
  full: f64, share: f64, least: f64, width: i32, height: i32, out: usize, completeness: usize,
): void {
  const tileWidth = x1 - x0;
  for (let z = 0; z < slices; z++) {
    for (let y = y0; y < y1; y++) {
      let from = <usize>(((y - y0) * tileWidth) * depth + z) << 2;
      let to = <usize>((z * height + y) * width + x0) << 2;
      for (let x = x0; x < x1; x++, from += <usize>depth << 2, to += 4) {
        const weight = <f64>load<f32>(weights + from);
        const complete = weight * share;
        store<f32>(completeness + to, <f32>complete);
        store<f32>(out + to, complete < least ? 0 : <f32>(<f64>load<f32>(sums + from) / weight * full));
      }
    }
  }
}
