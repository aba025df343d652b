// The resampling module: volumes read between their voxels. Arithmetic is f64, rounded once to f32 at the end. It owns
// no data: all addresses come from the caller, memory is imported. Volumes are x fastest.

/** In a table of source indices: this place lies outside the source. */
const OUTSIDE: u32 = 0xffffffff;

/**
 * One slice of a trilinear resampling whose source axes run along the target's.
 *
 * below, above: the two source slices around it, f32, `width` voxels a row; weightZ: the share of `above`.
 * rows, columns: pairs of u32 source indices per target row and column (OUTSIDE: write `outside`);
 * weightsY, weightsX: f64, the share of the second of each pair. scratch: room for `width` f64.
 */
export function linearSlice(
  below: usize, above: usize, weightZ: f64, width: u32,
  rows: usize, weightsY: usize, height: u32,
  columns: usize, weightsX: usize, outWidth: u32,
  scratch: usize, outside: f32, out: usize,
): void {
  const stride = <usize>width << 2;
  for (let y: u32 = 0; y < height; y++) {
    const first = load<u32>(rows + (<usize>y << 3));
    const to = out + (<usize>y * <usize>outWidth << 2);
    if (first == OUTSIDE) {
      for (let x: u32 = 0; x < outWidth; x++) store<f32>(to + (<usize>x << 2), outside);
      continue;
    }
    const second = load<u32>(rows + (<usize>y << 3), 4);
    const weightY = load<f64>(weightsY + (<usize>y << 3));
    blendRows(
      below + <usize>first * stride, below + <usize>second * stride,
      above + <usize>first * stride, above + <usize>second * stride,
      weightY, weightZ, width, scratch,
    );
    for (let x: u32 = 0; x < outWidth; x++) {
      const left = load<u32>(columns + (<usize>x << 3));
      let value = outside;
      if (left != OUTSIDE) {
        const right = load<u32>(columns + (<usize>x << 3), 4);
        const weight = load<f64>(weightsX + (<usize>x << 3));
        const a = load<f64>(scratch + (<usize>left << 3));
        const b = load<f64>(scratch + (<usize>right << 3));
        value = <f32>((1 - weight) * a + weight * b);
      }
      store<f32>(to + (<usize>x << 2), value);
    }
  }
}

/** out[i] = Σ of four rows with weights (1−y)(1−z), y(1−z), (1−y)z, yz; rows without weight are not read. */
@inline
function blendRows(
  a0: usize, a1: usize, b0: usize, b1: usize, weightY: f64, weightZ: f64, width: u32, out: usize,
): void {
  if (weightZ == 0 && weightY == 0) {
    for (let i: usize = 0; i < <usize>width; i++) store<f64>(out + (i << 3), <f64>load<f32>(a0 + (i << 2)));
  } else if (weightZ == 0) {
    blendTwo(a0, a1, weightY, width, out);
  } else if (weightY == 0) {
    blendTwo(a0, b0, weightZ, width, out);
  } else {
    blendFour(a0, a1, b0, b1, weightY, weightZ, width, out);
  }
}

function blendTwo(a: usize, b: usize, weight: f64, width: u32, out: usize): void {
  const wide = <usize>(width & ~1);
  const p = f64x2.splat(1 - weight), q = f64x2.splat(weight);
  for (let i: usize = 0; i < wide; i += 2) {
    v128.store(out + (i << 3), f64x2.add(f64x2.mul(p, pair(a + (i << 2))), f64x2.mul(q, pair(b + (i << 2)))));
  }
  if (width & 1) {
    const at = wide << 2;
    store<f64>(out + (wide << 3), (1 - weight) * <f64>load<f32>(a + at) + weight * <f64>load<f32>(b + at));
  }
}

function blendFour(
  a0: usize, a1: usize, b0: usize, b1: usize, weightY: f64, weightZ: f64, width: u32, out: usize,
): void {
  const wide = <usize>(width & ~1);
  const y = f64x2.splat(weightY), noY = f64x2.splat(1 - weightY);
  const z = f64x2.splat(weightZ), noZ = f64x2.splat(1 - weightZ);
  for (let i: usize = 0; i < wide; i += 2) {
    const at = i << 2;
    const a = f64x2.add(f64x2.mul(noY, pair(a0 + at)), f64x2.mul(y, pair(a1 + at)));
    const b = f64x2.add(f64x2.mul(noY, pair(b0 + at)), f64x2.mul(y, pair(b1 + at)));
    v128.store(out + (i << 3), f64x2.add(f64x2.mul(noZ, a), f64x2.mul(z, b)));
  }
  if (width & 1) {
    const at = wide << 2;
    const a = (1 - weightY) * <f64>load<f32>(a0 + at) + weightY * <f64>load<f32>(a1 + at);
    const b = (1 - weightY) * <f64>load<f32>(b0 + at) + weightY * <f64>load<f32>(b1 + at);
    store<f64>(out + (wide << 3), (1 - weightZ) * a + weightZ * b);
  }
}

/** Two f32 as two f64. */
@inline
function pair(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}

/** One slice of a nearest-neighbour resampling along the axes: u16 gathered by tables of one u32 per row and column. */
export function nearestSlice(
  source: usize, width: u32, rows: usize, height: u32, columns: usize, outWidth: u32, outside: u32, out: usize,
): void {
  for (let y: u32 = 0; y < height; y++) {
    const row = load<u32>(rows + (<usize>y << 2));
    const from = source + (<usize>row * <usize>width << 1);
    const to = out + (<usize>y * <usize>outWidth << 1);
    for (let x: u32 = 0; x < outWidth; x++) {
      const column = load<u32>(columns + (<usize>x << 2));
      const inside = row != OUTSIDE && column != OUTSIDE;
      store<u16>(to + (<usize>x << 1), inside ? load<u16>(from + (<usize>column << 1)) : <u16>outside);
    }
  }
}

/**
 * One row of a trilinear resampling through any affine. Place x of the row is (x0, y0, z0) + x · (dx, dy, dz) in source
 * indices; up to reachX, reachY, reachZ beyond the border the border counts, farther out `outside`.
 */
export function linearRow(
  source: usize, width: u32, height: u32, slices: u32,
  x0: f64, y0: f64, z0: f64, dx: f64, dy: f64, dz: f64,
  reachX: f64, reachY: f64, reachZ: f64, outWidth: u32, outside: f32, out: usize,
): void {
  const lastX = <f64>(width - 1), lastY = <f64>(height - 1), lastZ = <f64>(slices - 1);
  const row = <usize>width << 2;
  const slice = row * <usize>height;
  for (let i: u32 = 0; i < outWidth; i++) {
    const step = <f64>i;
    const x = x0 + step * dx, y = y0 + step * dy, z = z0 + step * dz;
    let value = outside;
    if (within(x, lastX, reachX) && within(y, lastY, reachY) && within(z, lastZ, reachZ)) {
      const cx = clamp(x, lastX), cy = clamp(y, lastY), cz = clamp(z, lastZ);
      const fx = floor(cx), fy = floor(cy), fz = floor(cz);
      const wx = cx - fx, wy = cy - fy, wz = cz - fz;
      const at = source + (<usize>fx << 2) + <usize>fy * row + <usize>fz * slice;
      // At the last index the weight is 0 and the neighbour is the voxel itself.
      const nx: usize = wx > 0 ? 4 : 0, ny = wy > 0 ? row : 0, nz = wz > 0 ? slice : 0;
      const low = lerp(edge(at, nx, wx), edge(at + ny, nx, wx), wy);
      const high = lerp(edge(at + nz, nx, wx), edge(at + ny + nz, nx, wx), wy);
      value = <f32>lerp(low, high, wz);
    }
    store<f32>(out + (<usize>i << 2), value);
  }
}

/** One row of a nearest-neighbour resampling through any affine; places as in `linearRow`, halves rounded up. */
export function nearestRow(
  source: usize, width: u32, height: u32, slices: u32,
  x0: f64, y0: f64, z0: f64, dx: f64, dy: f64, dz: f64,
  reachX: f64, reachY: f64, reachZ: f64, outWidth: u32, outside: u32, out: usize,
): void {
  const lastX = <f64>(width - 1), lastY = <f64>(height - 1), lastZ = <f64>(slices - 1);
  const row = <usize>width << 1;
  const slice = row * <usize>height;
  for (let i: u32 = 0; i < outWidth; i++) {
    const step = <f64>i;
    const x = x0 + step * dx, y = y0 + step * dy, z = z0 + step * dz;
    let value = <u16>outside;
    if (within(x, lastX, reachX) && within(y, lastY, reachY) && within(z, lastZ, reachZ)) {
      const cx = <usize>clamp(floor(x + 0.5), lastX);
      const cy = <usize>clamp(floor(y + 0.5), lastY);
      const cz = <usize>clamp(floor(z + 0.5), lastZ);
      value = load<u16>(source + (cx << 1) + cy * row + cz * slice);
    }
    store<u16>(out + (<usize>i << 1), value);
  }
}

@inline
function within(place: f64, last: f64, reach: f64): bool {
  return place >= -reach && place <= last + reach;
}

@inline
function clamp(place: f64, last: f64): f64 {
  return min<f64>(max<f64>(place, 0), last);
}

@inline
function lerp(a: f64, b: f64, weight: f64): f64 {
  return (1 - weight) * a + weight * b;
}

@inline
function edge(at: usize, next: usize, weight: f64): f64 {
  return lerp(<f64>load<f32>(at), <f64>load<f32>(at + next), weight);
}
