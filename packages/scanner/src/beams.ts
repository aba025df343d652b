import type { ConeViews, HelixScale, StackViews } from '@semcrc/kernels';
import {
  angleOf,
  columnSizeOf,
  type FanGeometry,
  type Geometry,
  type HelixGeometry,
  magnificationOf,
  type ParallelGeometry,
  sourceHeight,
} from './geometry.ts';

/** Views or slices from the first to the one beyond the last. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Calls `each` with every view of a span and its place in the span. */
function forEachView({ from, to }: Span, each: (view: number, place: number) => void): void {
  for (let view = from; view < to; view++) each(view, view - from);
}

/** From units of length to voxel indices of the grid, along x and y. */
function toIndex({ shape: [, height, width], voxelSize: [sizeX, sizeY] }: Geometry) {
  return {
    x: (x: number) => x / sizeX + (width - 1) / 2,
    y: (y: number) => y / sizeY + (height - 1) / 2,
  };
}

/** Where source and detector are in voxel indices: see docs/scanner.md for the frame. */
export function coneViews(geometry: HelixGeometry, span: Span): ConeViews {
  const { columns, rows, sourceRadius, detectorRadius, shape, voxelSize } = geometry;
  const [sizeX, sizeY, sizeZ] = voxelSize;
  const index = toIndex(geometry);
  const columnSize = geometry.detectorWidth / columns;
  const rowSize = geometry.detectorHeight / rows;
  const records = new Float64Array(9 * (span.to - span.from));
  forEachView(span, (view, place) => {
    const angle = angleOf(geometry, view);
    const sin = Math.sin(angle);
    const cos = Math.cos(angle);
    const z = sourceHeight(geometry, view) / sizeZ + (shape[0] - 1) / 2;
    const left = (-(columns - 1) / 2) * columnSize;
    records.set(
      [
        ...[index.x(sourceRadius * sin), index.y(-sourceRadius * cos), z],
        ...[index.x(-detectorRadius * sin + left * cos), index.y(detectorRadius * cos + left * sin)],
        z - (((rows - 1) / 2) * rowSize) / sizeZ,
        ...[(columnSize * cos) / sizeX, (columnSize * sin) / sizeY, rowSize / sizeZ],
      ],
      9 * place,
    );
  });
  return { records, columns, rows };
}

/** Rays of a fan or parallel beam in voxel indices of a slice. */
export function stackViews(geometry: FanGeometry | ParallelGeometry, span: Span): StackViews {
  const { columns } = geometry;
  const [sizeX, sizeY] = geometry.voxelSize;
  const index = toIndex(geometry);
  const columnSize = geometry.detectorWidth / columns;
  const records = new Float64Array(7 * (span.to - span.from));
  forEachView(span, (view, place) => {
    const angle = angleOf(geometry, view);
    const sin = Math.sin(angle);
    const cos = Math.cos(angle);
    const left = (-(columns - 1) / 2) * columnSize;
    const away = geometry.kind === 'fan' ? geometry.detectorRadius : 0;
    const origin =
      geometry.kind === 'fan'
        ? [index.x(geometry.sourceRadius * sin), index.y(-geometry.sourceRadius * cos), 1]
        : [-sin / sizeX, cos / sizeY, 0];
    records.set(
      [
        ...origin,
        ...[index.x(-away * sin + left * cos), index.y(away * cos + left * sin)],
        ...[(columnSize * cos) / sizeX, (columnSize * sin) / sizeY],
      ],
      7 * place,
    );
  });
  return { records, columns };
}

/**
 * For every view the numbers p0 p1 p2 q0 q1 q2 such that voxel (x, y) is seen at column (p0 + p1 x + p2 y) / q with
 * q = q0 + q1 x + q2 y its distance from the source along the central ray over the source's from the axis (1 for
 * parallel rays); for a helix also the source's z in slices.
 */
export function backRecords(geometry: Geometry, span: Span): Float64Array {
  const { shape, voxelSize, columns } = geometry;
  const [sizeX, sizeY, sizeZ] = voxelSize;
  const centreX = (shape[2] - 1) / 2;
  const centreY = (shape[1] - 1) / 2;
  const size = columnSizeOf(geometry);
  const centre = (columns - 1) / 2;
  const numbers = geometry.kind === 'helix' ? 7 : 6;
  const records = new Float64Array(numbers * (span.to - span.from));
  forEachView(span, (view, place) => {
    const angle = angleOf(geometry, view);
    const sin = Math.sin(angle);
    const cos = Math.cos(angle);
    const radius = geometry.kind === 'parallel' ? Number.POSITIVE_INFINITY : geometry.sourceRadius;
    const q1 = (-sizeX * sin) / radius;
    const q2 = (sizeY * cos) / radius;
    const q0 = 1 - q1 * centreX - q2 * centreY;
    const p1 = (sizeX * cos) / size + centre * q1;
    const p2 = (sizeY * sin) / size + centre * q2;
    const p0 = centre - p1 * centreX - p2 * centreY;
    records.set([p0, p1, p2, q0, q1, q2], numbers * place);
    if (geometry.kind === 'helix') {
      records[numbers * place + 6] = sourceHeight(geometry, view) / sizeZ + (shape[0] - 1) / 2;
    }
  });
  return records;
}

/** The lengths of a helix that its back-projection needs. */
export function helixScale(geometry: HelixGeometry): HelixScale {
  const { columns, rows, detectorHeight, sourceRadius, pitch, voxelSize } = geometry;
  return {
    sourceRadius,
    pitch,
    columnSize: columnSizeOf(geometry),
    rowSize: detectorHeight / rows / magnificationOf(geometry),
    columnCentre: (columns - 1) / 2,
    rowCentre: (rows - 1) / 2,
    sliceSize: voxelSize[2],
  };
}
