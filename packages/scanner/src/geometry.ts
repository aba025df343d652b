import type { Shape, Vector3 } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';

/** Numbers of views, detector columns and detector rows. */
export interface Sampling {
  readonly views: number;
  readonly columns: number;
  readonly rows: number;
}

/** The volume a scan is planned for: voxel (x, y, z) stands at ((x, y, z) − (size − 1)/2) · voxelSize, z along the axis. */
export interface ScannedGrid {
  /** Slices, height, width. */
  readonly shape: Shape;
  /** Sizes of a voxel along x, y, z in units of length. One each: a unit is a voxel, as the paper's authors have it. */
  readonly voxelSize: Vector3;
}

interface Planar extends ScannedGrid, Sampling {
  /** What full sampling asks for, before limits: fewer views than this streak, fewer columns or rows blur. */
  readonly needed: Sampling;
  /** Length of the detector along its columns. */
  readonly detectorWidth: number;
}

/** Parallel rays over half a turn, each slice in its own plane: `rows` are the slices. */
export interface ParallelGeometry extends Planar {
  readonly kind: 'parallel';
}

interface Divergent extends Planar {
  /** Distances from the axis. */
  readonly sourceRadius: number;
  readonly detectorRadius: number;
}

/** A flat detector and a source that turn once around each slice in its own plane: `rows` are the slices. */
export interface FanGeometry extends Divergent {
  readonly kind: 'fan';
}

/** A flat detector and a source that rise along z as they turn. */
export interface HelixGeometry extends Divergent {
  readonly kind: 'helix';
  readonly turns: number;
  /** Rise along z in a turn. */
  readonly pitch: number;
  /** z of the source before its first turn. */
  readonly start: number;
  /** Length of the detector along z. */
  readonly detectorHeight: number;
}

/** Where source and detector are in every view. */
export type Geometry = ParallelGeometry | FanGeometry | HelixGeometry;

/** What a scan is asked to be; what is left out is the paper's authors' setting. */
export interface ScanOptions {
  /** Distances of source and detector from the axis, in units of length; 1000 and 500. */
  readonly sourceRadius?: number;
  readonly detectorRadius?: number;
  /** Turns of a helix along the volume; 8. */
  readonly turns?: number;
  /** Limits; 1000 views, 512 columns, 128 rows. */
  readonly maxViews?: number;
  readonly maxColumns?: number;
  readonly maxRows?: number;
  /** Sizes of a voxel along x, y, z in units of length; one each. */
  readonly voxelSize?: Vector3;
}

const TURN = 2 * Math.PI;

function positive(options: Readonly<Record<string, number>>): void {
  for (const [option, value] of Object.entries(options)) {
    if (Number.isFinite(value) && value > 0) continue;
    throw new SemcrcError('usage', `\`${option}\`: expected a number above 0, found ${value}`, {
      data: { options: [option] },
    });
  }
}

function atLeastOne(options: Readonly<Record<string, number>>): void {
  for (const [option, value] of Object.entries(options)) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new SemcrcError('usage', `\`${option}\`: expected a whole number from 1, found ${value}`, {
      data: { options: [option] },
    });
  }
}

/** What all beams share, checked: the grid, its half diagonal in the plane, and the highest frequency it holds. */
function planeOf(shape: Shape, options: ScanOptions) {
  const { maxViews = 1000, maxColumns = 512, maxRows = 128, voxelSize = [1, 1, 1] } = options;
  const [slices, height, width] = shape;
  atLeastOne({ slices, height, width, maxViews, maxColumns, maxRows });
  const [sizeX, sizeY, sizeZ] = voxelSize;
  positive({ 'voxelSize x': sizeX, 'voxelSize y': sizeY, 'voxelSize z': sizeZ });
  const limits = { views: maxViews, columns: maxColumns, rows: maxRows };
  return {
    grid: { shape, voxelSize },
    limits,
    rho: Math.hypot(width * sizeX, height * sizeY) / 2,
    omega: Math.PI / Math.min(sizeX, sizeY),
  };
}

function within(needed: Sampling, limits: Sampling): Sampling {
  return {
    views: Math.min(needed.views, limits.views),
    columns: Math.min(needed.columns, limits.columns),
    rows: Math.min(needed.rows, limits.rows),
  };
}

function radiiOf({ sourceRadius = 1000, detectorRadius = 500 }: ScanOptions, rho: number) {
  positive({ sourceRadius, detectorRadius });
  for (const [option, radius] of Object.entries({ sourceRadius, detectorRadius })) {
    if (radius > rho) continue;
    const what = option === 'sourceRadius' ? 'source' : 'detector';
    throw new SemcrcError(
      'usage',
      `\`${option}\`: the ${what} would stand inside the volume; expected more than ${rho.toFixed(1)}, ` +
        `half the diagonal of its slices, found ${radius}`,
      { data: { options: [option], least: rho } },
    );
  }
  return { sourceRadius, detectorRadius };
}

/** Detector width and columns of a divergent beam: enough to cover the slices' outer circle and sample it fully. */
function columnsFor(rho: number, omega: number, rs: number, rd: number) {
  const r = rs + rd;
  const detectorWidth = (2 * rho * r) / rs;
  const boundary = Math.hypot(r, detectorWidth / 2);
  const columns = 2 * Math.ceil((detectorWidth * omega * r) / (TURN * boundary)) + 1;
  return { detectorWidth, columns };
}

/**
 * A helix along the whole volume, planned as the paper's authors plan it (`helical_geometry` of ODL 1.0.0): the detector is
 * as wide as the slices' outer circle asks for, as high as the Tam–Danielson window, and sampled at half a voxel of the
 * axis along z; views sample the circle's edge. Then the limits cut.
 *
 * @throws SemcrcError `usage` for sizes, limits or radii that cannot be, naming the option.
 */
export function planHelix(shape: Shape, options: ScanOptions = {}): HelixGeometry {
  const { grid, limits, rho, omega } = planeOf(shape, options);
  const { turns = 8 } = options;
  positive({ turns });
  const radii = radiiOf(options, rho);
  const { sourceRadius: rs, detectorRadius: rd } = radii;
  const r = rs + rd;
  const extent = shape[0] * grid.voxelSize[2];
  const pitch = extent / turns;
  const { detectorWidth, columns } = columnsFor(rho, omega, rs, rd);
  const axial = (pitch / TURN) * (1 + (rho / rs) ** 2) * (Math.PI / 2 + Math.atan(rho / rs));
  const detectorHeight = (2 * axial * r) / rs;
  const needed = {
    views: Math.ceil(((TURN * turns * omega * rho) / Math.PI) * (r / (r + rho))),
    columns,
    rows: Math.ceil(detectorHeight / ((0.5 * grid.voxelSize[2] * r) / rs)),
  };
  const start = -extent / 2;
  return {
    kind: 'helix',
    ...grid,
    ...within(needed, limits),
    needed,
    ...radii,
    turns,
    pitch,
    start,
    detectorWidth,
    detectorHeight,
  };
}

/**
 * One turn of a fan beam around every slice, sampled as {@link planHelix} samples a turn.
 *
 * @throws SemcrcError `usage` for sizes, limits or radii that cannot be, naming the option.
 */
export function planFan(shape: Shape, options: ScanOptions = {}): FanGeometry {
  const { grid, limits, rho, omega } = planeOf(shape, options);
  const radii = radiiOf(options, rho);
  const r = radii.sourceRadius + radii.detectorRadius;
  const { detectorWidth, columns } = columnsFor(rho, omega, radii.sourceRadius, radii.detectorRadius);
  const views = Math.ceil(((TURN * omega * rho) / Math.PI) * (r / (r + rho)));
  const needed = { views, columns, rows: shape[0] };
  const rows = { rows: shape[0] };
  return { kind: 'fan', ...grid, ...within(needed, { ...limits, ...rows }), needed, ...radii, detectorWidth };
}

/** Columns a voxel: the density that a fan of the default radii has at the axis, as the filter cuts the finest fifth. */
const PARALLEL_DENSITY = 1.5;

/**
 * Half a turn of parallel rays around every slice, as dense at the axis as a fan's.
 *
 * @throws SemcrcError `usage` for sizes or limits that cannot be, naming the option.
 */
export function planParallel(shape: Shape, options: ScanOptions = {}): ParallelGeometry {
  const { grid, limits, rho, omega } = planeOf(shape, options);
  const columns = 2 * Math.ceil((PARALLEL_DENSITY * rho * omega) / Math.PI) + 1;
  const needed = { views: Math.ceil(omega * rho), columns, rows: shape[0] };
  const rows = { rows: shape[0] };
  return {
    kind: 'parallel',
    ...grid,
    ...within(needed, { ...limits, ...rows }),
    needed,
    detectorWidth: 2 * rho,
  };
}

/** The angle that all views together turn through. */
export function arcOf(geometry: Geometry): number {
  if (geometry.kind === 'parallel') return Math.PI;
  return geometry.kind === 'fan' ? TURN : TURN * geometry.turns;
}

/** The angle of a view: the middles of equal parts of the arc. */
export function angleOf(geometry: Geometry, view: number): number {
  return ((view + 0.5) * arcOf(geometry)) / geometry.views;
}

/** z of a helix's source in a view. */
export function sourceHeight(geometry: HelixGeometry, view: number): number {
  return geometry.start + (geometry.pitch * angleOf(geometry, view)) / TURN;
}

/** Size of a detector column, scaled to the axis. */
export function columnSizeOf(geometry: Geometry): number {
  const size = geometry.detectorWidth / geometry.columns;
  return geometry.kind === 'parallel' ? size : size / magnificationOf(geometry);
}

/** How much larger the detector sees what is on the axis. */
export function magnificationOf({ sourceRadius, detectorRadius }: FanGeometry | HelixGeometry): number {
  return (sourceRadius + detectorRadius) / sourceRadius;
}

/** Radius of the circle around the axis that every view sees whole. */
export function fieldRadius(geometry: Geometry): number {
  const half = geometry.detectorWidth / 2;
  if (geometry.kind === 'parallel') return half;
  return (geometry.sourceRadius * half) / Math.hypot(geometry.sourceRadius + geometry.detectorRadius, half);
}

/** Half the diagonal of a slice. */
export function outerRadius({ shape: [, height, width], voxelSize: [x, y] }: ScannedGrid): number {
  return Math.hypot(width * x, height * y) / 2;
}

/** Integrals of a view. */
export function valuesPerView({ columns, rows }: Sampling): number {
  return columns * rows;
}
