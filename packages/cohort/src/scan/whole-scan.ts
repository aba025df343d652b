import type { Sample } from '@semcrc/core';
import type { Labelling } from '@semcrc/imaging';
import { abdomenWindow, type Grid, type Volume, windowIntensity } from '@semcrc/imaging';
import type { ScanFiles } from '../sources/manifest.ts';
import type { Prepared } from './prepared.ts';
import { ofScan } from './scan-files.ts';
import { type IntensityUnits, type ReadingOptions, ScanReader } from './scan-reader.ts';
import { clip, mendIntervals, mergeBody } from './voxels.ts';

/** Brings a volume to the voxels of a sample; gets the value outside of it, too. */
export type Take = (volume: Volume, outside: number) => Volume;

/** Predicted volumes on the voxels of a sample, as a sample has them. */
export type Predictions = Pick<Sample, 'lower' | 'upper' | 'point' | 'std' | 'samples' | 'mended'>;

/** Bounds and point on other voxels of the same scan, mended as a sample's. */
export type PredictionsAround = Pick<Sample, 'lower' | 'upper' | 'point'>;

/**
 * The predictions of a scan, each volume brought to the voxels of the sample by `take` as soon as it is read. Windowed,
 * then clipped and uncrossed.
 *
 * @param needed where voxels are taken.
 * @param around takes bounds and point once more, on other voxels.
 */
export async function readPredictions(
  reader: ScanReader,
  take: Take,
  needed?: readonly Grid[],
  around?: Take,
): Promise<Predictions & { readonly around?: PredictionsAround }> {
  const { files, options } = reader;
  const { window = abdomenWindow } = options;
  const taken = (
    { volume, units }: { volume: Volume; units: IntensityUnits },
    by: Take = take,
  ): Float32Array => {
    const part = by(volume, units === 'hu' ? window[0] : 0);
    return units === 'hu' ? windowIntensity(part, window, part.data).data : part.data;
  };
  const beyond: Float32Array[] = [];
  const predict = async (file: string) => {
    const read = await reader.prediction(file, needed);
    if (around) beyond.push(taken(read, around));
    return taken(read);
  };
  const lower = await predict(files.lower);
  const upper = await predict(files.upper);
  const point = files.point === undefined ? undefined : await predict(files.point);
  const std = files.std === undefined ? undefined : take(await reader.deviation(files.std, needed), 0).data;
  const samples: Float32Array[] = [];
  if (files.samples !== undefined) {
    for await (const draw of reader.draws(files.samples, needed)) {
      const sample = taken(draw);
      clip(sample);
      samples.push(sample);
    }
  }
  return {
    lower,
    upper,
    ...(point ? { point } : {}),
    ...(std ? { std } : {}),
    ...(samples.length > 0 ? { samples } : {}),
    mended: mendIntervals(lower, upper, point),
    ...(around ? { around: mendedAround(beyond as [Float32Array, Float32Array, Float32Array?]) } : {}),
  };
}

/** Volumes that were taken around a sample, in the order they are read. What is mended there is not counted. */
function mendedAround([lower, upper, point]: [Float32Array, Float32Array, Float32Array?]): PredictionsAround {
  mendIntervals(lower, upper, point);
  return { lower, upper, ...(point ? { point } : {}) };
}

/** The ground truth in windowed intensity, in place. */
export function windowTruth(truth: Volume, { truthUnits, window = abdomenWindow }: ReadingOptions): Volume {
  if (truthUnits !== 'window') return windowIntensity(truth, window, truth.data);
  clip(truth.data);
  return truth;
}

/** Label ids in the number of bytes the cohort's need. */
export function packLabels(organs: Uint16Array, { labelBytes }: Labelling): Uint8Array | Uint16Array {
  return labelBytes === 1 ? new Uint8Array(organs) : organs;
}

/** The measurement of a scan whose truth the reader has read, brought by `take` to the voxels of the sample; windowed, not clipped. */
export async function readMeasurement(
  reader: ScanReader,
  file: string,
  take: (volume: Volume, outside: number) => Volume,
  needed?: readonly Grid[],
): Promise<Float32Array> {
  const { window = abdomenWindow } = reader.options;
  const { volume, units } = await reader.prediction(file, needed);
  const taken = take(volume, units === 'hu' ? window[0] : 0);
  return units === 'hu' ? windowIntensity(taken, window).data : taken.data;
}

/**
 * What the predictor saw of a scan, every slice as its file holds it, windowed; null where no file is named.
 *
 * @throws SemcrcError as {@link readWholeScan}
 */
export async function readWholeMeasurement(
  files: ScanFiles,
  options: ReadingOptions,
): Promise<Float32Array | null> {
  const { measurement } = files;
  if (measurement === undefined) return null;
  const reader = new ScanReader(files, options);
  try {
    // The truth is what every file of a scan is held against.
    await reader.truth();
    return await readMeasurement(reader, measurement, (volume) => volume);
  } catch (error) {
    throw ofScan(files.scan, error);
  }
}

/**
 * Reads one scan with every slice as its files hold it (`prepare: 'none'`): closest axes in RAS order, truth windowed,
 * bounds clipped and swapped where they cross, numbers of the scheme turned into label ids and the body merged in.
 *
 * @param wants what is read beside the sample, where a file of it is named.
 * @throws SemcrcError `bad-input` naming scan and file: unreadable files, files of different shape or affine (both named),
 *   NaN (with its voxel), labels outside the scheme or contradicting its names, predictions in other units.
 */
export async function readWholeScan(
  files: ScanFiles,
  options: ReadingOptions,
  wants: 'sample' | 'measurement' = 'sample',
): Promise<Extract<Prepared, { state: 'kept' }>> {
  const reader = new ScanReader(files, options);
  try {
    const truth = windowTruth(await reader.truth(), options);
    const predictions = await readPredictions(reader, (volume) => volume);
    const organs = await reader.segmentation();
    if (files.body !== undefined) mergeBody(organs.data, (await reader.body(files.body)).data);
    const measurement =
      wants === 'measurement' && files.measurement !== undefined
        ? { measurement: await readMeasurement(reader, files.measurement, (volume) => volume) }
        : {};
    const sample = {
      id: files.scan,
      patient: files.patient,
      shape: truth.shape,
      affine: truth.affine,
      truth: truth.data,
      ...predictions,
      organs: packLabels(organs.data, options.labelling),
    };
    return { state: 'kept', sample, ...measurement };
  } catch (error) {
    throw ofScan(files.scan, error);
  }
}
