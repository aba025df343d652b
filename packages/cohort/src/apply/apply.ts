import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ApplySummary,
  applyLambda,
  type CalibratedInterval,
  type CalibratedLambda,
  type Calibration,
  calibratedLambda,
  checkSamePreparing,
  type HeuristicOptions,
  makePartition,
  type PartitionSpec,
  type Sample,
} from '@semcrc/core';
import type { Labelling } from '@semcrc/imaging';
import {
  abdomenWindow,
  axisCodes,
  type Grid,
  isOblique,
  makeGrid,
  type NiftiHeader,
  seriesShape,
  volumeShape,
} from '@semcrc/imaging';
import {
  AtomicFile,
  checkOutput,
  commitTogether,
  kindOfResult,
  type NiftiWriteOptions,
  NiftiWriter,
  type OutputRules,
  readNiftiHeader,
  readTextFile,
  unwritable,
} from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { Compile } from 'typebox/compile';
import {
  alignFile,
  checkTableOf,
  countDraws,
  drawFiles,
  isFolder,
  noteHeader,
  organFiles,
} from '../scan/scan-files.ts';
import { describeNotes, type ScanNote, type TakeNote } from '../scan/scan-note.ts';
import type { IntensityUnits } from '../scan/scan-reader.ts';
import {
  type ApplyFiles,
  ForeignUnits,
  readSlabs,
  type SlabOptions,
  UNNAMED_SCAN,
} from '../scan/scan-slabs.ts';
import { digestOf, fingerprintOf } from '../sources/digest.ts';
import { inputsOf, preparingOf } from '../sources/scan-options.ts';
import { kindOfSummary, OrganTally } from './applied-summary.ts';
import { placeInFile, sliceOrder } from './file-order.ts';
import { type Output, publishInHu, publishInWindow, publishPoint } from './publish.ts';

/** How files are read and results are written. */
export interface ApplyOptions extends SlabOptions {
  /** Unit of the results; windowed intensities by default. */
  readonly units?: IntensityUnits;
  /** How hard results are deflated, 1 to 9; 6 by default. */
  readonly level?: number;
  /** Whether files that stand in the folder and are no earlier result of `applyToFiles` give way; `keep` by default: an error. */
  readonly replace?: 'keep' | 'replace';
  /** Called with what is worth knowing, in sentences: warnings, and notes of the files unless `note` takes those as data. */
  readonly warn?: (message: string) => void;
  /** Called with the slices done so far. */
  readonly progress?: (slices: number, of: number) => void;
}

/**
 * Widens the heuristic intervals of one scan by a calibrated λ and writes them to `folder`: `lower`, `upper`, `width` and
 * `lambda` (two-sided: `lambda-below` and `lambda-above`; with a corrected centre also `point`, to which the intervals
 * belong) as .nii.gz on the grid and with the header of `lower`, and
 * `summary.json`. Works slab by slab in the file's own order.
 *
 * Bounds are rounded outward: whatever λ covers lies inside the interval published, in HU too. In HU a bound at an edge of
 * the window is open. Where λ is infinite (an organ that could not be calibrated, or was never seen) the interval is the
 * whole range.
 *
 * @throws SemcrcError `bad-input` naming the file for files that do not fit together or the calibration; nothing is left
 *   of the volumes begun. `usage` when the scan is made otherwise than those of the calibration in what λ depends on (see
 *   `preparingDifferences`), and when a result would replace an input, a link, or files that are no such result.
 */
export async function applyToFiles(
  calibration: Calibration,
  files: ApplyFiles,
  folder: string,
  options: ApplyOptions,
): Promise<ApplySummary> {
  const { labelling, window = abdomenWindow, units = 'window', warn, progress } = options;
  const notes: ScanNote[] = [];
  const reading: SlabOptions = { ...options, note: (note) => notes.push(note) };
  const { header, grid, inputs, turned } = await checkFiles(files, reading);
  const extrapolation = await checkMaking(calibration, files, options);
  const digest = await digestOfApplication(calibration, files, options);
  const unknown = unknownLabels(calibration, labelling);
  const calibrated = inFileOrder(calibratedLambda(calibration), calibration, grid, files.lower);
  const order = sliceOrder(grid);
  const tally = new OrganTally(calibration, labelling, unknown);

  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
  const outputs = outputsOf(calibration);
  const summaryFile = join(folder, 'summary.json');
  // A folder that holds a summary of ours holds volumes of ours.
  const ours = options.replace === 'replace' || kindOfResult(summaryFile) === kindOfSummary;
  const rules: OutputRules = { inputs, mayReplace: () => ours };
  const pathOf = (name: Output) => join(folder, `${name}.nii.gz`);
  for (const path of [...outputs.map(pathOf), summaryFile]) checkOutput(path, rules);

  const level = options.level ? { level: options.level } : {};
  const writing: NiftiWriteOptions = { template: header, rules, ...level };
  const writers = new Map<Output, NiftiWriter>();
  const publish = units === 'hu' ? publishInHu(window) : publishInWindow;
  const foreign = new ForeignUnits(files, reading);
  try {
    for (const name of outputs) {
      writers.set(name, await NiftiWriter.create(pathOf(name), grid.shape, grid.affine, 'float32', writing));
    }
    for await (const sample of readSlabs(files, grid, reading, turned)) {
      foreign.see(sample.raw);
      const known = Uint16Array.from(sample.organs, (label) => (unknown.has(label) ? 0 : label));
      const slab: Sample = { ...sample, organs: known };
      const { interval, regions } = placeInFile(slab, calibrated, heuristicOf(calibration), order);
      const result = applyLambda(interval, regions, calibrated);
      openUnknown(result, sample.organs, unknown);
      const bounds = publish(result);
      tally.add(sample.organs, bounds, sample.mended);
      const volumes = { ...bounds, point: publishPoint(interval.lower, units, window) };
      await Promise.all(outputs.map((name) => writers.get(name)?.write(volumes[name])));
      progress?.(sample.first + sample.shape[0], grid.shape[0]);
    }
    foreign.judge();
    const summary = tally.summary(digest, files, units, window, extrapolation);
    const volumes: AtomicFile[] = [];
    for (const writer of writers.values()) volumes.push(await writer.complete());
    await commitTogether([...volumes, await writtenSummary(summaryFile, summary, rules)]);
    if (options.note) notes.forEach(options.note);
    else for (const sentence of describeNotes(notes)) warn?.(sentence);
    for (const warning of summary.warnings) warn?.(warning);
    return summary;
  } catch (error) {
    await Promise.all([...writers.values()].map((writer) => writer.abort()));
    throw error;
  }
}

/** SHA-256 over what decides the results: calibration, files by their fingerprints, labels and units. */
async function digestOfApplication(
  calibration: Calibration,
  files: ApplyFiles,
  { labelling, window, predictionUnits, units }: ApplyOptions,
): Promise<string> {
  const read = { window: window ?? abdomenWindow, predictionUnits: predictionUnits ?? 'window' };
  const labels = [Object.entries(labelling.labels), Array.from(labelling.labelOf)];
  const hash = digestOf({ calibration, ...read, units: units ?? 'window', labels });
  for (const role of ['lower', 'upper', 'segmentation', 'point', 'body', 'std', 'samples'] as const) {
    const path = files[role];
    if (path !== undefined) hash.update(await fingerprintOf(path, role));
  }
  return hash.digest('hex');
}

/**
 * The summary of an earlier `applyToFiles` of the same calibration, files and options into a folder that holds all it wrote;
 * null where there is none.
 */
export async function appliedBefore(
  calibration: Calibration,
  files: ApplyFiles,
  folder: string,
  options: ApplyOptions,
): Promise<ApplySummary | null> {
  const summaryFile = join(folder, 'summary.json');
  if (kindOfResult(summaryFile) !== kindOfSummary) return null;
  const summary: unknown = await readTextFile(summaryFile)
    .then(JSON.parse)
    .catch(() => null);
  if (!summaryValidator.Check(summary)) return null;
  const whole = outputsOf(calibration).every((name) => existsSync(join(folder, `${name}.nii.gz`)));
  const same = whole && summary.digest === (await digestOfApplication(calibration, files, options));
  return same ? (summary as ApplySummary) : null;
}

const summaryValidator = Compile(ApplySummary);

/** The volumes that are written. */
function outputsOf({ sides, centre }: Calibration): readonly Output[] {
  const lambdas: readonly Output[] = sides === 2 ? ['lambda-below', 'lambda-above'] : ['lambda'];
  return ['lower', 'upper', 'width', ...lambdas, ...(centre ? ['point' as const] : [])];
}

/** The folder of a scan's results: its id, with whatever could lead elsewhere, or means something to a shell, replaced. */
export function scanFolderName(scan: string): string {
  const name = scan
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .replace(/^\.+/, '_')
    .slice(0, 100);
  return name === '' ? '_' : name;
}

/** The summary, beside its place. */
async function writtenSummary(path: string, summary: ApplySummary, rules: OutputRules): Promise<AtomicFile> {
  const file = await AtomicFile.create(path, rules);
  try {
    await file.write(new TextEncoder().encode(`${JSON.stringify(summary, null, 2)}\n`));
    return file;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

function heuristicOf({
  heuristic,
  weightFloor,
  alpha,
  sampleQuantiles,
  shrink,
}: Calibration): HeuristicOptions {
  return { heuristic, weightFloor, alpha, sampleQuantiles, shrink };
}

/** What the headers of a scan's files say. */
interface CheckedFiles {
  /** Of lower, whose grid and header the results have. */
  readonly header: NiftiHeader;
  readonly grid: Grid;
  /** Every file that is read. */
  readonly inputs: readonly string[];
  /** Those whose voxels come in another order than those of lower. */
  readonly turned: ReadonlySet<string>;
}

/** All files on one grid, by their headers; label names that contradict the scheme are refused. */
async function checkFiles(
  files: ApplyFiles,
  { labelling, affineTolerance, scan = UNNAMED_SCAN, note }: SlabOptions,
): Promise<CheckedFiles> {
  const header = await readNiftiHeader(files.lower);
  const shape = volumeShape(header, files.lower);
  const reference = { file: files.lower, shape, affine: header.affine };
  const { upper, segmentation, point, body, std, samples } = files;
  const draws = samples === undefined ? [] : drawFiles(samples);
  const organs = isFolder(segmentation) ? organFiles(segmentation, labelling).map(({ file }) => file) : [];
  const labels = organs.length > 0 ? organs : [segmentation];
  const others = [upper, ...labels, point, body, std, ...draws].filter((file) => file !== undefined);
  const turned = new Set<string>();
  const take: TakeNote = (found) => note?.(found);
  noteHeader(scan, files.lower, header, take);
  if (isOblique(header.affine)) {
    const message = `scan ${scan}: ${files.lower} is oblique: no voxel axis runs along the body's axes`;
    take({ kind: 'oblique', scan, file: files.lower, message });
  }
  for (const file of others) {
    const other = await readNiftiHeader(file);
    const { shape: found } = draws.includes(file)
      ? seriesShape(other, file)
      : { shape: volumeShape(other, file) };
    const aligned = alignFile(scan, reference, { file, shape: found, affine: other.affine }, affineTolerance);
    if (aligned.turned) {
      turned.add(file);
      const orders = `${axisCodes(other.affine)} order, ${files.lower} in ${axisCodes(header.affine)}`;
      const message = `${file} is stored in ${orders}; its voxels are turned, for which it is read whole`;
      take({ kind: 'voxel-order', scan, file, message: `scan ${scan}: ${message}` });
    }
    if (file === segmentation) checkTableOf(other, file, labelling);
  }
  return { header, grid: makeGrid(shape, header.affine), inputs: [files.lower, ...others], turned };
}

/** Holds the making of the scan against that of the calibration's; returns what is an extrapolation. */
async function checkMaking(
  calibration: Calibration,
  files: ApplyFiles,
  { labelling, window, predictionUnits, scan = UNNAMED_SCAN }: ApplyOptions,
): Promise<string | null> {
  const named = { ...files, scan };
  const inputs = inputsOf([named], await countDraws([named]));
  const made = preparingOf({ window, predictionUnits }, labelling, inputs);
  return checkSamePreparing(calibration, { name: files.lower, preparing: { ...made, truthUnits: null } });
}

/**
 * Labels of the labelling that the calibration does not have.
 *
 * @throws SemcrcError `bad-input` when both have a label under different names.
 */
function unknownLabels({ labels }: Calibration, labelling: Labelling): ReadonlySet<number> {
  const unknown = new Set<number>();
  for (const [id, name] of Object.entries(labelling.labels)) {
    if (labels[id] === undefined) unknown.add(Number(id));
    else if (labels[id] !== name) {
      throw new SemcrcError(
        'bad-input',
        `label ${id} is "${labels[id]}" in the calibration but "${name}" here; give \`labels\` and \`extraLabels\` as they were when calibrating`,
        {
          data: {
            ...{ label: id, expected: labels[id] as string, found: name },
            options: ['labels', 'extraLabels'],
          },
        },
      );
    }
  }
  return unknown;
}

/**
 * The calibrated λ for voxels in the order of the file. Positions and in-plane gradients are defined in RAS order, so a
 * file whose slices are not stacked along its third axis cannot be worked through slab by slab.
 */
function inFileOrder(
  calibrated: CalibratedLambda,
  { labels }: Calibration,
  grid: Grid,
  file: string,
): CalibratedLambda {
  const { spec } = calibrated.partition;
  const inPlane =
    calibrated.centre != null ||
    spec.kind === 'position' ||
    spec.kind === 'learned' ||
    (spec.kind === 'strata' && spec.features.some(({ name }) => name === 'gradient'));
  if (!inPlane) return calibrated;
  const [, height, width] = grid.shape;
  const turned = sliceOrder(grid);
  if (turned === null) {
    throw new SemcrcError(
      'bad-input',
      `${file}: its third axis does not run along the body, which this calibration needs; store the scan in RAS order`,
      { data: { file } },
    );
  }
  if (spec.kind !== 'position') return calibrated;
  if (turned.height !== spec.height || turned.width !== spec.width) {
    throw new SemcrcError(
      'bad-input',
      `${file}: the K-CRC calibration is for slices of ${spec.height} × ${spec.width}, found ${turned.height} × ${turned.width}`,
      { data: { file, expected: [spec.height, spec.width], found: [turned.height, turned.width] } },
    );
  }
  const map = new Uint8Array(height * width);
  turned.pixels.forEach((pixel, position) => {
    map[pixel] = spec.map[position] as number;
  });
  const inFile: PartitionSpec = { ...spec, height, width, map };
  return { ...calibrated, partition: makePartition(inFile, labels) };
}

/** Voxels of labels the calibration does not have may be anything. */
function openUnknown(result: CalibratedInterval, organs: Uint16Array, unknown: ReadonlySet<number>): void {
  if (unknown.size === 0) return;
  for (let voxel = 0; voxel < organs.length; voxel++) {
    if (!unknown.has(organs[voxel] as number)) continue;
    result.lower[voxel] = 0;
    result.upper[voxel] = 1;
    result.lambdaBelow[voxel] = Number.POSITIVE_INFINITY;
    result.lambdaAbove[voxel] = Number.POSITIVE_INFINITY;
  }
}
