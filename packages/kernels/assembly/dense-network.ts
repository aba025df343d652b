// A fully connected network, four examples at a time.

/** Bytes of one value of four examples. */
const FOUR: usize = 32;

/**
 * Evaluates a network for `count` examples, a multiple of four. Hidden layers are rectified.
 *
 * layers: per layer its inputs, its outputs (a multiple of four), and the addresses of weights and biases, u32 each. Weights
 * are f64 by block of four outputs, then input, then output; biases f64. values, other: room for the values of four examples in
 * the widest layer, f64; the result of one call lies in either. inputs: `inputs` f64 an example. out: `outputs` f64 an example,
 * the first `outputs` of the last layer.
 */
export function denseNetwork(
  layers: usize, depth: i32, inputs: usize, count: i32, values: usize, other: usize, out: usize, outputs: i32,
): void {
  const width = <i32>load<u32>(layers);
  const stride = <usize>width << 3;
  for (let example = 0; example < count; example += 4) {
    for (let i: usize = 0; i < <usize>width; i++) {
      const from = inputs + (i << 3), to = values + i * FOUR;
      store<f64>(to, load<f64>(from));
      store<f64>(to, load<f64>(from + stride), 8);
      store<f64>(to, load<f64>(from + 2 * stride), 16);
      store<f64>(to, load<f64>(from + 3 * stride), 24);
    }
    inputs += 4 * stride;
    let from = values, to = other;
    for (let layer = 0; layer < depth; layer++) {
      evaluateLayer(layers + (<usize>layer << 4), from, to, layer + 1 < depth);
      const swapped = from;
      from = to;
      to = swapped;
    }
    for (let lane: usize = 0; lane < 32; lane += 8) {
      for (let k: usize = 0; k < <usize>outputs; k++) store<f64>(out + (k << 3), load<f64>(from + k * FOUR + lane));
      out += <usize>outputs << 3;
    }
  }
}

/** One layer for four examples: sums begin with the bias and go through the inputs in order. */
@inline
function evaluateLayer(layer: usize, from: usize, to: usize, rectified: bool): void {
  const end = from + <usize>load<u32>(layer) * FOUR;
  const outputs = load<u32>(layer, 4);
  let weight = <usize>load<u32>(layer, 8);
  let bias = <usize>load<u32>(layer, 12);
  for (let unit: u32 = 0; unit < outputs; unit += 4) {
    let a0 = v128.load_splat<f64>(bias), a1 = a0;
    let b0 = v128.load_splat<f64>(bias, 8), b1 = b0;
    let c0 = v128.load_splat<f64>(bias, 16), c1 = c0;
    let d0 = v128.load_splat<f64>(bias, 24), d1 = d0;
    for (let at = from; at < end; at += FOUR) {
      const low = v128.load(at), high = v128.load(at, 16);
      const p = v128.load_splat<f64>(weight), q = v128.load_splat<f64>(weight, 8);
      const r = v128.load_splat<f64>(weight, 16), s = v128.load_splat<f64>(weight, 24);
      a0 = f64x2.add(a0, f64x2.mul(p, low));
      a1 = f64x2.add(a1, f64x2.mul(p, high));
      b0 = f64x2.add(b0, f64x2.mul(q, low));
      b1 = f64x2.add(b1, f64x2.mul(q, high));
      c0 = f64x2.add(c0, f64x2.mul(r, low));
      c1 = f64x2.add(c1, f64x2.mul(r, high));
      d0 = f64x2.add(d0, f64x2.mul(s, low));
      d1 = f64x2.add(d1, f64x2.mul(s, high));
      weight += 32;
    }
    if (rectified) {
      a0 = positive(a0);
      a1 = positive(a1);
      b0 = positive(b0);
      b1 = positive(b1);
      c0 = positive(c0);
      c1 = positive(c1);
      d0 = positive(d0);
      d1 = positive(d1);
    }
    v128.store(to, a0);
    v128.store(to, a1, 16);
    v128.store(to, b0, 32);
    v128.store(to, b1, 48);
    v128.store(to, c0, 64);
    v128.store(to, c1, 80);
    v128.store(to, d0, 96);
    v128.store(to, d1, 112);
    to += 128;
    bias += 32;
  }
}

/** 0 for what is below 0. */
@inline
function positive(two: v128): v128 {
  return v128.andnot(two, f64x2.lt(two, f64x2.splat(0)));
}
