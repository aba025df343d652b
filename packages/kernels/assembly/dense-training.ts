// Gradients of a fully connected network for a batch of examples, and Adam's step.
//
// A network's parameters are one array, f64: per layer its weights by output, then input, then its biases. Inputs and outputs
// of every layer, and the examples of a batch, are filled up to multiples of four with zeros, which stay zeros.

/** Bytes of one layer in the table: inputs, outputs, weights and biases (offsets in the parameters), values, slopes: u32 each. */
const LAYER: usize = 24;

/**
 * Evaluates a network for `count` examples and keeps what every layer gives in its `values`, examples × outputs. Hidden layers are
 * rectified. A sum begins with the bias and takes the inputs of even places in order; those of odd places are summed apart and added last.
 */
export function denseForward(layers: usize, depth: i32, parameters: usize, inputs: usize, count: i32): void {
  let from = inputs;
  for (let at = 0; at < depth; at++) {
    const layer = layers + <usize>at * LAYER;
    const width = <usize>load<u32>(layer) << 3, units = <usize>load<u32>(layer, 4) << 3;
    const weights = parameters + <usize>load<u32>(layer, 8), bias = parameters + <usize>load<u32>(layer, 12);
    const to = <usize>load<u32>(layer, 16);
    for (let unit: usize = 0; unit < units; unit += 32) {
      const row = weights + (unit >> 3) * width;
      for (let example: usize = 0; example < <usize>count; example += 2) {
        evaluateTile(row, width, bias + unit, from + example * width, to + example * units + unit, units, at + 1 < depth);
      }
    }
    from = to;
  }
}

/** Four units of two examples. */
function evaluateTile(
  weights: usize, width: usize, bias: usize, from: usize, to: usize, units: usize, rectified: bool,
): void {
  let a0 = v128.load64_zero(bias), a1 = a0;
  let b0 = v128.load64_zero(bias, 8), b1 = b0;
  let c0 = v128.load64_zero(bias, 16), c1 = c0;
  let d0 = v128.load64_zero(bias, 24), d1 = d0;
  const second = weights + width, third = second + width, fourth = third + width, other = from + width;
  for (let i: usize = 0; i < width; i += 16) {
    const x = v128.load(from + i), y = v128.load(other + i);
    const p = v128.load(weights + i), q = v128.load(second + i);
    const r = v128.load(third + i), s = v128.load(fourth + i);
    a0 = f64x2.add(a0, f64x2.mul(p, x));
    a1 = f64x2.add(a1, f64x2.mul(p, y));
    b0 = f64x2.add(b0, f64x2.mul(q, x));
    b1 = f64x2.add(b1, f64x2.mul(q, y));
    c0 = f64x2.add(c0, f64x2.mul(r, x));
    c1 = f64x2.add(c1, f64x2.mul(r, y));
    d0 = f64x2.add(d0, f64x2.mul(s, x));
    d1 = f64x2.add(d1, f64x2.mul(s, y));
  }
  storeSums(to, a0, b0, rectified);
  storeSums(to + 16, c0, d0, rectified);
  storeSums(to + units, a1, b1, rectified);
  storeSums(to + units + 16, c1, d1, rectified);
}

/** Even plus odd places of two units. */
@inline
function storeSums(to: usize, one: v128, other: v128, rectified: bool): void {
  const even = v128.shuffle<f64>(one, other, 0, 2), odd = v128.shuffle<f64>(one, other, 1, 3);
  const sum = f64x2.add(even, odd);
  v128.store(to, rectified ? v128.andnot(sum, f64x2.lt(sum, f64x2.splat(0))) : sum);
}

/**
 * From the slopes of the last layer (how the loss changes with its values, examples × outputs) those of the layers below, and the
 * gradient of the loss by every parameter, summed over the examples in order.
 */
export function denseBackward(
  layers: usize, depth: i32, parameters: usize, inputs: usize, count: i32, gradient: usize,
): void {
  for (let at = depth - 1; at >= 0; at--) {
    const layer = layers + <usize>at * LAYER;
    const width = <usize>load<u32>(layer) << 3, units = <usize>load<u32>(layer, 4) << 3;
    const weights = <usize>load<u32>(layer, 8), bias = <usize>load<u32>(layer, 12);
    const slopes = <usize>load<u32>(layer, 20);
    const from = at > 0 ? <usize>load<u32>(layer - LAYER, 16) : inputs;
    for (let unit: usize = 0; unit < units; unit += 32) {
      const row = gradient + weights + (unit >> 3) * width;
      for (let i: usize = 0; i < width; i += 32) {
        multiplyTile(slopes + unit, 8, units, from + i, width, count, row + i, width);
      }
    }
    for (let unit: usize = 0; unit < units; unit += 16) {
      let sum = f64x2.splat(0);
      let next = slopes + unit;
      for (let example = 0; example < count; example++) {
        sum = f64x2.add(sum, v128.load(next));
        next += units;
      }
      v128.store(gradient + bias + unit, sum);
    }
    if (at === 0) return;
    const below = <usize>load<u32>(layer - LAYER, 20);
    for (let example: usize = 0; example < <usize>count; example += 4) {
      const row = below + example * width;
      for (let i: usize = 0; i < width; i += 32) {
        multiplyTile(slopes + example * units, units, 8, parameters + weights + i, width, <i32>(units >> 3), row + i, width);
      }
    }
    // The rectifier lets a slope through where it let the value through.
    for (let next: usize = 0, end = <usize>count * width; next < end; next += 16) {
      const stopped = f64x2.le(v128.load(from + next), f64x2.splat(0));
      v128.store(below + next, v128.andnot(v128.load(below + next), stopped));
    }
  }
}

/** Four rows and columns of a product: out[r][c] = Σ a[r][k] · b[k][c], k in order. Rows and steps are bytes apart. */
function multiplyTile(
  a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, count: i32, out: usize, outRow: usize,
): void {
  let p0 = f64x2.splat(0), p1 = p0, q0 = p0, q1 = p0, r0 = p0, r1 = p0, s0 = p0, s1 = p0;
  let second = a + aRow, third = second + aRow, fourth = third + aRow;
  for (let k = 0; k < count; k++) {
    const low = v128.load(b), high = v128.load(b, 16);
    const p = v128.load_splat<f64>(a), q = v128.load_splat<f64>(second);
    const r = v128.load_splat<f64>(third), s = v128.load_splat<f64>(fourth);
    p0 = f64x2.add(p0, f64x2.mul(p, low));
    p1 = f64x2.add(p1, f64x2.mul(p, high));
    q0 = f64x2.add(q0, f64x2.mul(q, low));
    q1 = f64x2.add(q1, f64x2.mul(q, high));
    r0 = f64x2.add(r0, f64x2.mul(r, low));
    r1 = f64x2.add(r1, f64x2.mul(r, high));
    s0 = f64x2.add(s0, f64x2.mul(s, low));
    s1 = f64x2.add(s1, f64x2.mul(s, high));
    a += aStep;
    second += aStep;
    third += aStep;
    fourth += aStep;
    b += bStep;
  }
  v128.store(out, p0);
  v128.store(out, p1, 16);
  out += outRow;
  v128.store(out, q0);
  v128.store(out, q1, 16);
  out += outRow;
  v128.store(out, r0);
  v128.store(out, r1, 16);
  out += outRow;
  v128.store(out, s0);
  v128.store(out, s1, 16);
}

/**
 * Adam's step (Kingma & Ba 2015) for `count` parameters, an even number: `gradient` is a sum over `batch` examples, `first` and
 * `second` its moments, and `rate` the step corrected for their beginning at zero.
 */
export function adamStep(
  parameters: usize, gradient: usize, first: usize, second: usize, count: i32, batch: f64, rate: f64,
): void {
  const size = f64x2.splat(batch), step = f64x2.splat(rate), least = f64x2.splat(1e-8);
  const keepFirst = f64x2.splat(0.9), takeFirst = f64x2.splat(0.1);
  const keepSecond = f64x2.splat(0.999), takeSecond = f64x2.splat(0.001);
  for (let at: usize = 0, end = <usize>count << 3; at < end; at += 16) {
    const mean = f64x2.div(v128.load(gradient + at), size);
    const one = f64x2.add(f64x2.mul(keepFirst, v128.load(first + at)), f64x2.mul(takeFirst, mean));
    const two = f64x2.add(
      f64x2.mul(keepSecond, v128.load(second + at)),
      f64x2.mul(f64x2.mul(takeSecond, mean), mean),
    );
    v128.store(first + at, one);
    v128.store(second + at, two);
    const change = f64x2.div(f64x2.mul(step, one), f64x2.add(f64x2.sqrt(two), least));
    v128.store(parameters + at, f64x2.sub(v128.load(parameters + at), change));
  }
}
