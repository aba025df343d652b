import type { Volume } from '@semcrc/imaging';
import { type BaselineKernels, loadBaselineKernels, SemcrcError, sharedInstance } from '@semcrc/kernels';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { DenseNetwork, DenseNetworkSchema } from './dense-network.ts';
import { featureNames, MeasurementFeatures } from './measurement-features.ts';
import type { Prediction, Predictor } from './predictor.ts';

const inputs = featureNames.length;
/** Rows of pixels that the network sees at once. */
const bandRows = 16;

/** A trained baseline: a network from the features of a voxel to lower, point and upper less the edge-preserving mean. */
export const BaselineSchema = Type.Object(
  {
    schema: Type.Literal('semcrc/baseline@1'),
    name: Type.String({ minLength: 1 }),
    /** SHA-256 (hex) over features and network. */
    digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** The lower bound is this quantile, the upper one its mirror. */
    alpha: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 0.5 }),
    features: Type.Array(Type.String()),
    network: DenseNetworkSchema,
    /** How it was trained and what it reached on patients held out. */
    training: Type.Record(Type.String(), Type.Unknown()),
  },
  { additionalProperties: false },
);
export type BaselineData = Static<typeof BaselineSchema>;

const schema = Compile(BaselineSchema);

/**
 * The baseline predictor a JSON document describes.
 *
 * @param file named in errors.
 * @throws SemcrcError `bad-input` when it is no baseline, or one of other features than this version computes.
 */
export function parseBaseline(document: unknown, file: string): Predictor {
  if (!schema.Check(document)) {
    const [error] = schema.Errors(document);
    throw new SemcrcError(
      'bad-input',
      `${file}: expected a baseline predictor (semcrc/baseline@1), but ${error?.instancePath || 'it'} ${error?.message ?? 'is not one'}`,
      { data: { file } },
    );
  }
  if (document.features.join() !== featureNames.join()) {
    throw new SemcrcError(
      'bad-input',
      `${file}: expected a predictor of the features ${featureNames.join(', ')}, found ${document.features.join(', ')}`,
      { data: { file } },
    );
  }
  const network = new DenseNetwork(document.network);
  if (network.inputs !== inputs || network.outputs !== 3) {
    throw new SemcrcError(
      'bad-input',
      `${file}: expected a network of ${inputs} inputs and 3 outputs, found ${network.inputs} and ${network.outputs}`,
      { data: { file } },
    );
  }
  return {
    name: document.name,
    digest: document.digest,
    predict: async (measurement, slices) =>
      predictBaseline(await sharedInstance(loadBaselineKernels), network, measurement, slices),
  };
}

function predictBaseline(
  kernels: BaselineKernels,
  network: DenseNetwork,
  measurement: Volume,
  wanted: readonly number[] | undefined,
): Prediction {
  const [depth, height, width] = measurement.shape;
  const slices = wanted ?? Array.from({ length: depth }, (_, slice) => slice);
  const absent = slices.find((slice) => !(Number.isSafeInteger(slice) && slice >= 0 && slice < depth));
  if (absent !== undefined) {
    throw new SemcrcError(
      'usage',
      `slice ${absent} cannot be predicted: the measurement has 0 … ${depth - 1}`,
    );
  }
  const area = height * width;
  const lower = new Float32Array(slices.length * area);
  const point = new Float32Array(slices.length * area);
  const upper = new Float32Array(slices.length * area);
  const features = new MeasurementFeatures(measurement, kernels);
  const band = new Float64Array(bandRows * width * inputs);
  const found = new Float64Array(bandRows * width * network.outputs);
  for (const [order, slice] of slices.entries()) {
    features.look(slice);
    let at = order * area;
    for (let top = 0; top < height; top += bandRows) {
      const pixels = Math.min(bandRows, height - top) * width;
      for (let k = 0; k < pixels; k++) {
        const x = k % width;
        features.at(x, top + (k - x) / width, band, k * inputs);
      }
      const outputs = found.subarray(0, 3 * pixels);
      network.evaluate(kernels, band.subarray(0, pixels * inputs), outputs);
      for (let k = 0; k < pixels; k++, at++) {
        const base = band[k * inputs];
        const middle = unit(base + outputs[3 * k + 1]);
        point[at] = middle;
        lower[at] = Math.min(unit(base + outputs[3 * k]), middle);
        upper[at] = Math.max(unit(base + outputs[3 * k + 2]), middle);
      }
    }
  }
  return { lower, point, upper };
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}
