// Joseph's method (IEEE TMI 1982): a ray is sampled where it crosses the planes of voxel centres along its dominant axis
// in the plane, each sample interpolated between its neighbours, times the length of ray between two planes.
//
// A slab of a volume is padded with one voxel of zeros around the plane: column (x, y) begins at
// slab + ((y + 1) · (width + 2) + x + 1) · depth · 4. The place across the dominant axis runs in 32.32 fixed point, which
// gives index and weight without a conversion.
import { hold, MAGIC_BITS, offsets } from './projector-place';

/** Steps along a ray that are interpolated in the plane before the detector rows read them. */
const BLOCK: i32 = 32;
/** Bytes that each step of a block keeps: the address of its profile, its z at row 0, its z per row. */
const STEP: usize = 16;
/** Rays stay this far inside the padding, so that fixed-point drift never leaves it. */
const MARGIN: f64 = 1e-6;

/** The steps of the present ray: first, last, place at the first step, and place per step, in 32.32 fixed point. */
let firstStep: i32 = 0, lastStep: i32 = 0, place: i64 = 0, slope: i64 = 0;

/**
 * The steps of a ray across −1 … others: at step k it passes `other + (k − major) · ratio`. False if there are none.
 */
@inline
function cross(major: f64, other: f64, ratio: f64, steps: i32, others: i32): bool {
  let low: f64 = 0, high: f64 = <f64>(steps - 1);
  const least = MARGIN - 1, most = <f64>others - MARGIN;
  if (ratio != 0) {
    const a = major + (least - other) / ratio, b = major + (most - other) / ratio;
    low = max(low, ceil(min(a, b)));
    high = min(high, floor(max(a, b)));
  }
  while (low <= high && !inside(other + (low - major) * ratio, least, most)) low += 1;
  while (low <= high && !inside(other + (high - major) * ratio, least, most)) high -= 1;
  if (!(low <= high)) return false;
  firstStep = <i32>low;
  lastStep = <i32>high;
  place = <i64>((other + (low - major) * ratio + 1) * 4294967296.0);
  slope = <i64>(ratio * 4294967296.0);
  return true;
}

@inline
function inside(at: f64, least: f64, most: f64): bool {
  return at >= least && at <= most;
}

/** The share of the upper neighbour at a fixed-point place. */
@inline
function share(at: i64): f32 {
  return <f32>(<i32>(<u32>at >> 8)) * <f32>5.9604644775390625e-8;
}

/**
 * One view through a slab, for every column the integrals of all rows.
 *
 * slab: padded f32, `depth` a column; `origin`: index in a column of the slice that z counts from (may lie outside the
 * slab). low, high: z of the zeros below and above the volume. sx, sy, sz: the source; px, py, pz: the pixel of column 0
 * and row 0; ex, ey: from column to column; rz: from row to row along z. vx, vy, vz: voxel sizes. scratch: room for 32
 * headers of 16 bytes and 32 profiles of `stride` bytes. sums: room for `rows` rounded up to 4. out: columns × rows.
 */
export function projectCone(
  slab: usize, width: i32, height: i32, depth: i32, origin: i32, low: f32, high: f32,
  sx: f64, sy: f64, sz: f64, px: f64, py: f64, pz: f64, ex: f64, ey: f64, rz: f64,
  columns: i32, rows: i32, vx: f64, vy: f64, vz: f64,
  scratch: usize, stride: usize, sums: usize, out: usize,
): void {
  const alongX = <usize>depth << 2;
  const alongY = alongX * <usize>(width + 2);
  const profiles = scratch + <usize>BLOCK * STEP;
  const rise = pz - sz;
  const lowest = min(rise, rise + <f64>(rows - 1) * rz), highest = max(rise, rise + <f64>(rows - 1) * rz);
  const floorZ = <f64>low, heightZ = <f64>high - <f64>low;
  const groups = (rows + 3) & ~3;
  for (let c = 0; c < columns; c++) {
    const to = out + (<usize>(c * rows) << 2);
    const dx = px + <f64>c * ex - sx, dy = py + <f64>c * ey - sy;
    const flat = abs(dx) >= abs(dy);
    const major = flat ? dx : dy;
    const start = flat ? sx : sy;
    const hit = flat ? cross(sx, sy, dy / dx, width, height) : cross(sy, sx, dx / dy, height, width);
    memory.fill(sums, 0, <usize>groups << 2);
    if (hit) {
      const alongMajor = flat ? alongX : alongY;
      const alongOther = flat ? alongY : alongX;
      let at = place;
      const last = lastStep;
      for (let from = firstStep; from <= last; from += BLOCK) {
        const to = min(from + BLOCK - 1, last);
        for (let k = from; k <= to; k++) {
          const s = (<f64>k - start) / major;
          const w = f32x4.splat(share(at));
          // The slice `origin` of the two columns on both sides of the ray.
          const near = slab + <usize>(k + 1) * alongMajor + <usize>(<i32>(at >> 32)) * alongOther + (<usize>origin << 2);
          at += slope;
          const below = floorZ + hold(sz + s * lowest - floorZ, heightZ);
          const above = floorZ + hold(sz + s * highest - floorZ, heightZ);
          const first = <i32>floor(below) - 1;
          const bytes = <usize>(<i32>floor(above) + 3 - first) << 2;
          const profile = profiles + <usize>(k - from) * stride;
          const source = near + (<usize>first << 2);
          for (let b: usize = 0; b < bytes; b += 16) {
            const p = v128.load(source + b);
            const q = v128.load(source + b + alongOther);
            v128.store(profile + b, f32x4.add(p, f32x4.mul(w, f32x4.sub(q, p))));
          }
          const header = scratch + <usize>(k - from) * STEP;
          store<u32>(header, <u32>(profile - (<usize>first << 2) - <usize>(MAGIC_BITS << 2)));
          store<f32>(header, <f32>(sz + s * rise), 4);
          store<f32>(header, <f32>(s * rz), 8);
        }
        const end = scratch + <usize>(to - from + 1) * STEP;
        for (let r = 0; r < rows; r += 4) {
          const row = f32x4.min(
            f32x4.add(f32x4.splat(<f32>r), f32x4(0, 1, 2, 3)), f32x4.splat(<f32>(rows - 1)),
          );
          let sum = v128.load(sums + (<usize>r << 2));
          for (let header = scratch; header < end; header += STEP) {
            const profile = i32x4.splat(load<i32>(header));
            const z = f32x4.pmin(
              f32x4.pmax(
                f32x4.add(v128.load32_splat(header + 4), f32x4.mul(row, v128.load32_splat(header + 8))),
                f32x4.splat(low),
              ),
              f32x4.splat(high),
            );
            const whole = f32x4.floor(z);
            const weight = f32x4.sub(z, whole);
            const from = i32x4.add(profile, offsets(whole, 2));
            const x = v128.load64_lane(
              <usize>i32x4.extract_lane(from, 1), v128.load64_zero(<usize>i32x4.extract_lane(from, 0)), 1,
            );
            const y = v128.load64_lane(
              <usize>i32x4.extract_lane(from, 3), v128.load64_zero(<usize>i32x4.extract_lane(from, 2)), 1,
            );
            const a = v128.shuffle<i32>(x, y, 0, 2, 4, 6);
            const b = v128.shuffle<i32>(x, y, 1, 3, 5, 7);
            sum = f32x4.add(sum, f32x4.add(a, f32x4.mul(weight, f32x4.sub(b, a))));
          }
          v128.store(sums + (<usize>r << 2), sum);
        }
      }
    }
    const plane = (dx * vx) * (dx * vx) + (dy * vy) * (dy * vy);
    for (let r = 0; r < rows; r++) {
      const dz = (rise + <f64>r * rz) * vz;
      const length = sqrt(plane + dz * dz) / abs(major);
      store<f32>(to + (<usize>r << 2), <f32>(<f64>load<f32>(sums + (<usize>r << 2)) * length));
    }
  }
}

/**
 * One view through every slice of a stack at once, each seen by a beam of its own plane.
 *
 * stack: padded f32, `depth` (a multiple of 4) a column. sx, sy: the source if sw is 1, the direction of all rays if 0;
 * px, py: a point of the ray of column 0; ex, ey: from column to column. out: columns × depth.
 */
export function projectStack(
  stack: usize, width: i32, height: i32, depth: i32,
  sx: f64, sy: f64, sw: f64, px: f64, py: f64, ex: f64, ey: f64,
  columns: i32, vx: f64, vy: f64, out: usize,
): void {
  const alongX = <usize>depth << 2;
  const alongY = alongX * <usize>(width + 2);
  for (let c = 0; c < columns; c++) {
    const to = out + <usize>c * alongX;
    const x = px + <f64>c * ex, y = py + <f64>c * ey;
    const dx = sw != 0 ? x - sx : sx, dy = sw != 0 ? y - sy : sy;
    const flat = abs(dx) >= abs(dy);
    const hit = flat ? cross(x, y, dy / dx, width, height) : cross(y, x, dx / dy, height, width);
    if (!hit) {
      memory.fill(to, 0, alongX);
      continue;
    }
    const alongMajor = flat ? alongX : alongY;
    const alongOther = flat ? alongY : alongX;
    const length = f32x4.splat(<f32>(sqrt((dx * vx) * (dx * vx) + (dy * vy) * (dy * vy)) / abs(flat ? dx : dy)));
    const first = stack + <usize>(firstStep + 1) * alongMajor;
    const end = stack + <usize>(lastStep + 2) * alongMajor;
    for (let z: usize = 0; z < alongX; z += 16) {
      let sum = f32x4.splat(0);
      let at = place;
      for (let step = first; step != end; step += alongMajor) {
        const from = step + z + <usize>(<i32>(at >> 32)) * alongOther;
        const w = f32x4.splat(share(at));
        at += slope;
        const p = v128.load(from);
        const q = v128.load(from + alongOther);
        sum = f32x4.add(sum, f32x4.add(p, f32x4.mul(w, f32x4.sub(q, p))));
      }
      v128.store(to + z, f32x4.mul(sum, length));
    }
  }
}
