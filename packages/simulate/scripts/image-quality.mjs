// How good predictions of simulated patients are, beside the best that Gaussian smoothing can do.

/** Level of the lower bound; the upper one is its mirror. */
export const ALPHA = 0.1;

/**
 * @typedef {object} Tally sums over voxels of bodies
 * @property {number} voxels
 * @property {number} square of truth less point
 * @property {number} pinball of both bounds
 * @property {number} inside voxels within the interval
 */

/** @returns {Tally} */
export const emptyTally = () => ({ voxels: 0, square: 0, pinball: 0, inside: 0 });

/**
 * Adds a scan: voxels whose anatomy is not 0.
 * @param {Tally} tally
 * @param {{ truth: Float32Array, anatomy: Uint8Array }} patient truth windowed
 * @param {{ lower: Float32Array, point: Float32Array, upper: Float32Array }} prediction
 */
export function addScan(tally, { truth, anatomy }, { lower, point, upper }) {
  for (let at = 0; at < truth.length; at++) {
    if (anatomy[at] === 0) continue;
    const x = truth[at];
    tally.voxels += 1;
    tally.square += (x - point[at]) ** 2;
    tally.pinball += pinball(x - lower[at], ALPHA) + pinball(x - upper[at], 1 - ALPHA);
    if (x >= lower[at] && x <= upper[at]) tally.inside += 1;
  }
}

/** PSNR in dB (data range 1), mean pinball loss of a bound, coverage. @param {Tally} tally */
export function qualityOf({ voxels, square, pinball: loss, inside }) {
  return {
    psnr: 10 * Math.log10(voxels / square),
    pinball: loss / (2 * voxels),
    coverage: inside / voxels,
  };
}

/** @param {number} off truth less bound @param {number} level */
const pinball = (off, level) => Math.max(level * off, (level - 1) * off);

/** Deviations that Gaussian smoothing is tried with, in voxels. */
export const DEVIATIONS = [0.5, 0.65, 0.8, 1, 1.25, 1.6];

/**
 * The best of Gaussian smoothing: the deviation of least squared error as the point, and around it the constant offsets of least pinball
 * loss, both chosen on the very scans they are measured on. Clipped to 0..1.
 * @param {readonly { truth: Float32Array, anatomy: Uint8Array, measurement: import('@semcrc/imaging').Volume }[]} scans
 */
export function bestSmoothing(scans) {
  let best = { deviation: 0, square: Number.POSITIVE_INFINITY, points: /** @type {Float32Array[]} */ ([]) };
  for (const deviation of DEVIATIONS) {
    const points = scans.map(({ measurement }) => gaussian(measurement, deviation).map(clip));
    let square = 0;
    for (const [order, { truth, anatomy }] of scans.entries()) {
      for (let at = 0; at < truth.length; at++) {
        if (anatomy[at] > 0) square += (truth[at] - points[order][at]) ** 2;
      }
    }
    if (square < best.square) best = { deviation, square, points };
  }
  const off = scans.flatMap(({ truth, anatomy }, order) =>
    Array.from(truth, (x, at) => (anatomy[at] > 0 ? x - best.points[order][at] : Number.NaN)).filter(
      (value) => !Number.isNaN(value),
    ),
  );
  const sorted = Float64Array.from(off).sort();
  const quantile = (/** @type {number} */ level) => sorted[Math.floor(level * (sorted.length - 1))];
  const [down, up] = [quantile(ALPHA), quantile(1 - ALPHA)];
  const tally = emptyTally();
  for (const [order, scan] of scans.entries()) {
    const point = best.points[order];
    addScan(tally, scan, {
      lower: point.map((value) => clip(value + down)),
      point,
      upper: point.map((value) => clip(value + up)),
    });
  }
  return { deviation: best.deviation, ...qualityOf(tally) };
}

/** @param {number} value */
const clip = (value) => Math.min(1, Math.max(0, value));

/**
 * A volume smoothed along all three axes; beyond the edge the edge value repeats.
 * @param {import('@semcrc/imaging').Volume} volume @param {number} deviation in voxels
 * @returns {Float32Array}
 */
function gaussian(volume, deviation) {
  const reach = Math.ceil(3 * deviation);
  const taps = Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-((k - reach) ** 2) / (2 * deviation ** 2)),
  );
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  const [depth, height, width] = volume.shape;
  let { data } = volume;
  for (const [length, stride] of [
    [width, 1],
    [height, width],
    [depth, width * height],
  ]) {
    const out = new Float32Array(data.length);
    for (let at = 0; at < data.length; at++) {
      const place = Math.floor(at / stride) % length;
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        const other = Math.min(length - 1, Math.max(0, place + k));
        sum += taps[k + reach] * data[at + (other - place) * stride];
      }
      out[at] = sum / total;
    }
    data = out;
  }
  return data;
}
