import {
  applyLambda,
  type CalibratedInterval,
  type CalibratedLambda,
  type Calibration,
  calibratedLambda,
  type HeuristicOptions,
  makePartition,
  type PartitionSpec,
  type Placement,
  type Sample,
} from '@semcrc/core';
import type { Grid, Labelling } from '@semcrc/imaging';
import { type Kernels, SemcrcError } from '@semcrc/kernels';
import { placeInFile, type SliceOrder, sliceOrder } from './file-order.ts';

/**
 * A calibration on the voxels of one scan, in the order of its file: where they stand in the calibration's groups, and how far
 * their intervals reach at a λ.
 */
export class ScanDesign {
  readonly kernels: Kernels;
  readonly calibration: Calibration;
  /** λ̂ of the calibration, its groups in the order of the file. */
  readonly calibrated: CalibratedLambda;
  /** Labels of the scan that the calibration does not have. */
  readonly unknown: ReadonlySet<number>;
  readonly #order: SliceOrder | null;

  /**
   * @param file named in errors
   * @throws SemcrcError `bad-input` when label names contradict the calibration's, or it needs slices of another kind.
   */
  constructor(
    kernels: Kernels,
    calibration: Calibration,
    labelling: Pick<Labelling, 'labels'>,
    grid: Grid,
    file: string,
  ) {
    this.kernels = kernels;
    this.calibration = calibration;
    this.unknown = unknownLabels(calibration, labelling);
    this.calibrated = inFileOrder(calibratedLambda(calibration), calibration, grid, file);
    this.#order = sliceOrder(grid);
  }

  /** The intervals that λ widens, and the region that each voxel of a slab belongs to. */
  place(slab: Sample & { readonly organs: Uint16Array }): Placement {
    const { unknown } = this;
    // Whatever stands at a label of its own has a place of some kind; `widen` opens its interval.
    const organs =
      unknown.size === 0
        ? slab.organs
        : Uint16Array.from(slab.organs, (label) => (unknown.has(label) ? 0 : label));
    return placeInFile({ ...slab, organs }, this.calibrated, heuristicOf(this.calibration), this.#order);
  }

  /** Calibrated intervals of the voxels of a slab. @param organs label ids of the voxels */
  widen({ interval, regions }: Placement, organs: Uint16Array): CalibratedInterval {
    const result = applyLambda(this.kernels, interval, regions, this.calibrated);
    this.openUnknown(result, organs);
    return result;
  }

  /** Opens the intervals of voxels whose label the calibration does not have: they may be anything. */
  openUnknown(
    { lower, upper, lambdaBelow, lambdaAbove }: Partial<CalibratedInterval>,
    organs: Uint16Array,
  ): void {
    const { unknown } = this;
    if (unknown.size === 0) return;
    for (let voxel = 0; voxel < organs.length; voxel++) {
      if (!unknown.has(organs[voxel] as number)) continue;
      if (lower) lower[voxel] = 0;
      if (upper) upper[voxel] = 1;
      if (lambdaBelow) lambdaBelow[voxel] = Number.POSITIVE_INFINITY;
      if (lambdaAbove) lambdaAbove[voxel] = Number.POSITIVE_INFINITY;
    }
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

/**
 * Labels of the labelling that the calibration does not have.
 *
 * @throws SemcrcError `bad-input` when both have a label under different names.
 */
function unknownLabels({ labels }: Calibration, labelling: Pick<Labelling, 'labels'>): ReadonlySet<number> {
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
