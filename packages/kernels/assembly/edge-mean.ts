// The mean over neighbours that leaves out those beyond an edge.

/** Pixels a neighbour may stand off along x and y. */
const REACH: i32 = 2;

/**
 * A mean of the 5 × 5 pixels around each in three slices, weighted by 1/(1 + d²/reach) for their distance d, times the square of
 * 1/(1 + o²/range) for o, what the guide there differs from the centre here. Pixels outside the slice count nothing. The sums
 * are f32 after every neighbour.
 *
 * slices: per slice the addresses of its data and its guide and how many slices off it lies, u32 each. centre, out: width × height
 * f32 as the slices. sums, weights: room for a row of f32.
 */
export function edgePreservingMean(
  slices: usize, centre: usize, width: i32, height: i32, range: f64, reach: f64,
  sums: usize, weights: usize, out: usize,
): void {
  const stride = <usize>width << 2;
  for (let y: i32 = 0; y < height; y++) {
    const here = <usize>y * stride;
    memory.fill(sums, 0, stride);
    memory.fill(weights, 0, stride);
    for (let slice: usize = 0; slice < 36; slice += 12) {
      const data = <usize>load<u32>(slices + slice);
      const guide = <usize>load<u32>(slices + slice, 4);
      const off = <i32>load<u32>(slices + slice, 8);
      for (let dy = -REACH; dy <= REACH; dy++) {
        if (y + dy < 0 || y + dy >= height) continue;
        const row = <usize>(y + dy) * stride;
        for (let dx = -REACH; dx <= REACH; dx++) {
          const from = dx < 0 ? -dx : 0;
          const to = dx > 0 ? width - dx : width;
          const spatial = 1 / (1 + <f64>(dx * dx + dy * dy + 2 * off) / reach);
          if (from < to) {
            const first = <usize>from << 2;
            const shifted = row + (<usize>(from + dx) << 2);
            addNeighbour(
              guide + shifted, data + shifted, centre + here + first, sums + first, weights + first,
              to - from, spatial, range,
            );
          }
        }
      }
    }
    for (let x: usize = 0; x < stride; x += 4) {
      store<f32>(out + here + x, <f32>(<f64>load<f32>(sums + x) / <f64>load<f32>(weights + x)));
    }
  }
}

/** Adds one neighbour of each of `count` pixels to their sums. */
@inline
function addNeighbour(
  guide: usize, data: usize, centre: usize, sums: usize, weights: usize, count: i32, spatial: f64, range: f64,
): void {
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const spatials = f64x2.splat(spatial), ranges = f64x2.splat(range), one = f64x2.splat(1);
  for (let at: usize = 0; at < wide; at += 16) {
    const g = v128.load(guide + at), c = v128.load(centre + at), d = v128.load(data + at);
    const s = v128.load(sums + at), t = v128.load(weights + at);
    const low = closeness(f64x2.sub(lower(g), lower(c)), spatials, ranges, one);
    const high = closeness(f64x2.sub(upper(g), upper(c)), spatials, ranges, one);
    v128.store(sums + at, join(
      f64x2.add(lower(s), f64x2.mul(low, lower(d))), f64x2.add(upper(s), f64x2.mul(high, upper(d))),
    ));
    v128.store(weights + at, join(f64x2.add(lower(t), low), f64x2.add(upper(t), high)));
  }
  for (let at = wide; at < end; at += 4) {
    const off = <f64>load<f32>(guide + at) - <f64>load<f32>(centre + at);
    const close = 1 / (1 + (off * off) / range);
    const weight = spatial * close * close;
    store<f32>(sums + at, <f32>(<f64>load<f32>(sums + at) + weight * <f64>load<f32>(data + at)));
    store<f32>(weights + at, <f32>(<f64>load<f32>(weights + at) + weight));
  }
}

/** Weights of two neighbours. */
@inline
function closeness(off: v128, spatial: v128, range: v128, one: v128): v128 {
  const close = f64x2.div(one, f64x2.add(one, f64x2.div(f64x2.mul(off, off), range)));
  return f64x2.mul(f64x2.mul(spatial, close), close);
}

/** The first two of four f32, as f64. */
@inline
function lower(four: v128): v128 {
  return f64x2.promote_low_f32x4(four);
}

/** The last two of four f32, as f64. */
@inline
function upper(four: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(four, four, 1, 1));
}

/** Two and two f64 as four f32. */
@inline
function join(low: v128, high: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}
