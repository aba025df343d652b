import { SemcrcError } from '@semcrc/kernels';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { AnatomyFeatures, anatomyFeatureCount, type CellGrid } from './anatomy-features.ts';
import { DenseNetwork, DenseNetworkSchema } from './dense-network.ts';
import type { Segmenter, SegmenterInput } from './predictor.ts';
import { smoothSlice } from './smoothing.ts';

/** A trained segmentation stand-in: a network from the features of a cell to a score for every class. */
export const StandInSchema = Type.Object(
  {
    schema: Type.Literal('semcrc/stand-in@1'),
    name: Type.String({ minLength: 1 }),
    /** SHA-256 (hex) over classes and network. */
    digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** Group id of each class; 0 is "no organ". */
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
  return { name, digest, segment: async (input) => segmentSlices(network, classes, input) };
}

function segmentSlices(
  network: DenseNetwork,
  classes: readonly number[],
  { measurement, slices, point, body, heights }: SegmenterInput,
): Uint8Array {
  const [, height, width] = measurement.shape;
  const area = height * width;
  const groups = new Uint8Array(slices.length * area);
  const features = new AnatomyFeatures(measurement.shape, measurement.spacing);
  const { rows, columns } = features.grid;
  const input = new Float64Array(anatomyFeatureCount);
  const scores = classes.map(() => new Float32Array(rows * columns));
  const room = new Float32Array(area);
  // The point, smoothed: outlines follow edges, not what is left of the noise.
  const calm = new Float32Array(area);
  const smooth = new Float32Array(rows * columns);
  for (let order = 0; order < slices.length; order++) {
    const part = <T extends Float32Array | Uint8Array>(array: T): T =>
      array.subarray(order * area, (order + 1) * area) as T;
    const bodyPart = part(body);
    const out = part(groups);
    features.look(part(point), bodyPart, heights?.[order] ?? -1);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const cell = row * columns + column;
        if (features.inside[cell] === 0) {
          for (const [k, score] of scores.entries()) score[cell] = k === 0 ? 4 : -4;
          continue;
        }
        features.at(row, column, input);
        const found = network.evaluate(input);
        for (let k = 0; k < scores.length; k++) scores[k][cell] = clamp(found[k]);
      }
    }
    for (const score of scores) {
      smoothSlice(score, smooth, room, rows, columns, 1);
      for (let cell = 0; cell < score.length; cell++) score[cell] = 0.6 * score[cell] + 0.4 * smooth[cell];
    }
    choose(scores, features.grid, classes, bodyPart, [height, width], out, undefined);
    smoothSlice(part(point), calm, room, height, width, 1);
    const looks = looksOf(classes, out, calm);
    choose(scores, features.grid, classes, bodyPart, [height, width], out, { looks, point: calm });
  }
  return groups;
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

function looksOf(classes: readonly number[], groups: Uint8Array, point: Float32Array): Look[] {
  const count = new Float64Array(256);
  const sum = new Float64Array(256);
  const square = new Float64Array(256);
  for (let at = 0; at < groups.length; at++) {
    count[groups[at]] += 1;
    sum[groups[at]] += point[at];
    square[groups[at]] += point[at] * point[at];
  }
  return classes.map((group) => {
    const mean = sum[group] / Math.max(1, count[group]);
    const variance = square[group] / Math.max(1, count[group]) - mean * mean;
    const sharpness = group > 0 && count[group] >= 20 ? 0.5 / Math.max(variance, evenest * evenest) : 0;
    return { mean, sharpness };
  });
}

/**
 * The class of the highest score at every pixel of the body. Scores are interpolated between cells; where `look` is given,
 * a pixel counts against an organ the more its brightness differs from the organ's, so that outlines follow edges.
 */
function choose(
  scores: readonly Float32Array[],
  { rows, columns, stride }: CellGrid,
  classes: readonly number[],
  body: Uint8Array,
  [height, width]: readonly [number, number],
  out: Uint8Array,
  look: { readonly looks: readonly Look[]; readonly point: Float32Array } | undefined,
): void {
  const best = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    const v = clampTo((y + 0.5) / stride - 0.5, rows - 1);
    const top = Math.min(rows - 1, Math.floor(v));
    const down = v - top;
    const lower = Math.min(rows - 1, top + 1) * columns;
    best.fill(Number.NEGATIVE_INFINITY);
    for (let k = 0; k < scores.length; k++) {
      const score = scores[k];
      const { mean, sharpness } = look?.looks[k] ?? { mean: 0, sharpness: 0 };
      for (let x = 0; x < width; x++) {
        const at = y * width + x;
        if (body[at] === 0) continue;
        const u = clampTo((x + 0.5) / stride - 0.5, columns - 1);
        const left = Math.min(columns - 1, Math.floor(u));
        const right = Math.min(columns - 1, left + 1);
        const across = u - left;
        const a = score[top * columns + left] * (1 - across) + score[top * columns + right] * across;
        const b = score[lower + left] * (1 - across) + score[lower + right] * across;
        let value = a + down * (b - a);
        if (look !== undefined && sharpness > 0) {
          const off = look.point[at] - mean;
          value += usual - Math.min(mostAgainst, off * off * sharpness);
        }
        if (value > best[x]) {
          best[x] = value;
          out[at] = classes[k];
        }
      }
    }
  }
}

/** A few sure cells do not outvote their neighbours when scores are smoothed. */
function clamp(score: number): number {
  return score > 12 ? 12 : score < -12 ? -12 : score;
}

function clampTo(value: number, last: number): number {
  return value < 0 ? 0 : value > last ? last : value;
}
