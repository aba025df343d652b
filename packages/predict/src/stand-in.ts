import { type BaselineKernels, loadBaselineKernels, SemcrcError, sharedInstance } from '@semcrc/kernels';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { AnatomyFeatures, anatomyFeatureCount, type BlockGrid } from './anatomy-features.ts';
import { DenseNetwork, DenseNetworkSchema } from './dense-network.ts';
import type { Segmenter, SegmenterInput } from './predictor.ts';
import { smoothSlice } from './smoothing.ts';

/** A trained segmentation stand-in: a network from the features of a block to a score for every class. */
export const StandInSchema = Type.Object(
  {
    schema: Type.Literal('semcrc/stand-in@1'),
    name: Type.String({ minLength: 1 }),
    /** SHA-256 (hex) over classes and network. */
    digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** Label id of each class; 0 is "no organ". */
    classes: Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), { minItems: 2 }),
    network: DenseNetworkSchema,
    training: Type.Record(Type.String(), Type.Unknown()),
  },
  { additionalProperties: false },
);
export type StandInData = Static<typeof StandInSchema>;

const schema = Compile(StandInSchema);

/**
 * The segmentation stand-in a JSON document describes: it errs as a segmentation model does, at outlines and where
 * organs look alike, and sees nothing but the prediction.
 *
 * @param file named in errors.
 * @throws SemcrcError `bad-input` when it is none.
 */
export function parseStandIn(document: unknown, file: string): Segmenter {
  if (!schema.Check(document)) {
    const [error] = schema.Errors(document);
    throw new SemcrcError(
      'bad-input',
      `${file}: expected a segmentation stand-in (semcrc/stand-in@1), but ${error?.instancePath || 'it'} ${error?.message ?? 'is not one'}`,
      { data: { file } },
    );
  }
  const { classes, name, digest } = document;
  const network = new DenseNetwork(document.network);
  if (network.inputs !== anatomyFeatureCount || network.outputs !== classes.length) {
    throw new SemcrcError(
      'bad-input',
      `${file}: expected a network of ${anatomyFeatureCount} inputs and ${classes.length} outputs, ` +
        `found ${network.inputs} and ${network.outputs}`,
      { data: { file } },
    );
  }
  return {
    name,
    digest,
    segment: async (input) =>
      segmentSlices(await sharedInstance(loadBaselineKernels), network, classes, input),
  };
}

/** Slices farther apart than this, in mm, show other anatomy: their scores are not averaged. */
const farthestSlice = 6;

function segmentSlices(
  kernels: BaselineKernels,
  network: DenseNetwork,
  classes: readonly number[],
  { measurement, slices, point, body, heights }: SegmenterInput,
): Uint8Array {
  const [, height, width] = measurement.shape;
  const area = height * width;
  const features = new AnatomyFeatures(measurement.shape, measurement.spacing);
  const scores: Float32Array[][] = [];
  for (let order = 0; order < slices.length; order++) {
    features.look(sliceOf(point, order, area), sliceOf(body, order, area), heights?.[order] ?? -1);
    scores.push(scoreBlocks(kernels, network, features));
  }
  averageNeighbours(scores, slices, measurement.spacing[2]);
  const organs = new Uint8Array(slices.length * area);
  // The point, smoothed: outlines follow edges, not what is left of the noise.
  const calm = new Float32Array(area);
  const room = new Float32Array(area);
  const size = [height, width] as const;
  for (const [order, ofSlice] of scores.entries()) {
    const inside = sliceOf(body, order, area);
    const out = sliceOf(organs, order, area);
    smoothSlice(sliceOf(point, order, area), calm, room, height, width, 1);
    choose(ofSlice, features.grid, classes, inside, size, out, undefined);
    const looks = looksOf(classes, out, calm);
    choose(ofSlice, features.grid, classes, inside, size, out, { looks, point: calm });
  }
  return organs;
}

function sliceOf<T extends Float32Array | Uint8Array>(array: T, order: number, area: number): T {
  return array.subarray(order * area, (order + 1) * area) as T;
}

/** Scores of every class in the blocks of the slice that the features look at. */
function scoreBlocks(
  kernels: BaselineKernels,
  network: DenseNetwork,
  features: AnatomyFeatures,
): Float32Array[] {
  const { rows, columns } = features.grid;
  const classes = network.outputs;
  // Outside the body there is surely no organ.
  const scores = Array.from({ length: classes }, (_, k) =>
    new Float32Array(rows * columns).fill(k === 0 ? 4 : -4),
  );
  const blocks: number[] = [];
  for (let block = 0; block < rows * columns; block++) if (features.inside[block] !== 0) blocks.push(block);
  const inputs = new Float64Array(blocks.length * anatomyFeatureCount);
  const found = new Float64Array(blocks.length * classes);
  for (const [order, block] of blocks.entries()) {
    const column = block % columns;
    features.at((block - column) / columns, column, inputs, order * anatomyFeatureCount);
  }
  network.evaluate(kernels, inputs, found);
  for (const [order, block] of blocks.entries()) {
    for (let k = 0; k < classes; k++) scores[k][block] = clamp(found[order * classes + k]);
  }
  const room = new Float32Array(rows * columns);
  const smooth = new Float32Array(rows * columns);
  for (const score of scores) {
    smoothSlice(score, smooth, room, rows, columns, 1);
    for (let block = 0; block < score.length; block++)
      score[block] = 0.6 * score[block] + 0.4 * smooth[block];
  }
  return scores;
}

/** Averages the scores of slices that lie next to each other in the body, (1, 2, 1) / 4, twice where slices are thin. */
function averageNeighbours(scores: Float32Array[][], slices: readonly number[], spacing: number): void {
  const passes = spacing > farthestSlice ? 0 : spacing < 2 ? 2 : 1;
  for (let pass = 0; pass < passes; pass++) {
    // The slice before as it was; the one after is still as it was.
    let below: readonly Float32Array[] | undefined;
    for (const [order, ofSlice] of scores.entries()) {
      const own = ofSlice.map((score) => score.slice());
      const near = [below, scores[order + 1]].filter(
        (other, at) => other && Math.abs(slices[order - 1 + 2 * at] - slices[order]) === 1,
      ) as (readonly Float32Array[])[];
      for (const [k, score] of ofSlice.entries()) {
        const before = own[k];
        for (const { [k]: other } of near) {
          for (let block = 0; block < score.length; block++)
            score[block] += 0.25 * (other[block] - before[block]);
        }
      }
      below = own;
    }
  }
}

/** How bright a class is in one slice, and how evenly. */
interface Look {
  readonly mean: number;
  /** 1 over twice the variance; 0 for a class that is no organ or hardly there: it may look any way. */
  readonly sharpness: number;
}

/** Deviation below which no organ counts as more even, in windowed intensity. */
const evenest = 0.05;
/** What a pixel of an organ counts against it on average. */
const usual = 0.5;
/** The most a pixel's brightness may count against a class. */
const mostAgainst = 6;

function looksOf(classes: readonly number[], organs: Uint8Array, point: Float32Array): Look[] {
  const count = new Float64Array(256);
  const sum = new Float64Array(256);
  const square = new Float64Array(256);
  for (let at = 0; at < organs.length; at++) {
    count[organs[at]] += 1;
    sum[organs[at]] += point[at];
    square[organs[at]] += point[at] * point[at];
  }
  return classes.map((label) => {
    const mean = sum[label] / Math.max(1, count[label]);
    const variance = square[label] / Math.max(1, count[label]) - mean * mean;
    const sharpness = label > 0 && count[label] >= 20 ? 0.5 / Math.max(variance, evenest * evenest) : 0;
    return { mean, sharpness };
  });
}

/**
 * The class of the highest score at every pixel of the body. Scores are interpolated between blocks; where `look` is given,
 * a pixel counts against an organ the more its brightness differs from the organ's, so that outlines follow edges.
 */
function choose(
  scores: readonly Float32Array[],
  { rows, columns, stride }: BlockGrid,
  classes: readonly number[],
  body: Uint8Array,
  [height, width]: readonly [number, number],
  out: Uint8Array,
  look: { readonly looks: readonly Look[]; readonly point: Float32Array } | undefined,
): void {
  const count = classes.length;
  // Which two blocks of a row each pixel lies between, and how far across.
  const left = new Int32Array(width);
  const across = new Float64Array(width);
  for (let x = 0; x < width; x++) {
    const u = clampTo((x + 0.5) / stride - 0.5, columns - 1);
    left[x] = Math.min(columns - 1, Math.floor(u));
    across[x] = u - left[x];
  }
  const means = Float64Array.from(look?.looks ?? [], ({ mean }) => mean);
  const sharpness = Float64Array.from(look?.looks ?? [], (one) => one.sharpness);
  // Scores of a row of pixels at the blocks' columns, all classes of one beside each other; the last column twice.
  const line = new Float64Array((columns + 1) * count);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const v = clampTo((y + 0.5) / stride - 0.5, rows - 1);
    const upper = Math.min(rows - 1, Math.floor(v));
    const down = v - upper;
    const lower = Math.min(rows - 1, upper + 1);
    for (let k = 0; k < count; k++) {
      const score = scores[k];
      for (let column = 0; column < columns; column++) {
        const above = score[upper * columns + column];
        line[column * count + k] = above + down * (score[lower * columns + column] - above);
      }
      line[columns * count + k] = line[(columns - 1) * count + k];
    }
    for (let x = 0; x < width; x++) {
      const at = row + x;
      if (body[at] === 0) continue;
      const from = left[x] * count;
      const part = across[x];
      const bright = look === undefined ? 0 : look.point[at];
      let best = Number.NEGATIVE_INFINITY;
      let chosen = 0;
      for (let k = 0; k < count; k++) {
        const start = line[from + k];
        let value = start + part * (line[from + count + k] - start);
        if (look !== undefined && sharpness[k] > 0) {
          const off = bright - means[k];
          value += usual - Math.min(mostAgainst, off * off * sharpness[k]);
        }
        if (value > best) {
          best = value;
          chosen = k;
        }
      }
      out[at] = classes[chosen];
    }
  }
}

/** A few sure blocks do not outvote their neighbours when scores are smoothed. */
function clamp(score: number): number {
  return Math.max(-12, Math.min(12, score));
}

function clampTo(value: number, last: number): number {
  return Math.min(last, Math.max(0, value));
}
