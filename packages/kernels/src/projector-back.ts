import { SemcrcError } from './error.ts';
import { type Projector, projectorInstance } from './projector.ts';
import { STACK_SLICES, whole } from './projector-rays.ts';
import { checkCounts, checkLength, viewCount } from './projector-views.ts';

/** Side of the tiles of voxel columns that all views are added to in turn: their sums stay in cache. */
const TILE = 32;

/** Numbers of a view's record: p0 p1 p2 q0 q1 q2, and for a cone beam the source's z. */
const STACK_NUMBERS = 6;
const CONE_NUMBERS = 7;

/**
 * Filtered views of a parallel or fan beam. `records` has six numbers a view: voxel (x, y) is seen at column coordinate
 * (p0 + p1·x + p2·y) / q with q = q0 + q1·x + q2·y, and the value there counts 1/q².
 */
export interface FilteredStack {
  /** views × columns × slices, slices fastest. */
  readonly filtered: Float32Array;
  readonly columns: number;
  readonly slices: number;
  readonly records: Float64Array;
}

/**
 * Filtered views of a helical cone beam. `records` has seven numbers a view: p0 … q2 as in {@link FilteredStack}, q being
 * 1 on the axis, and the source's z in slices.
 */
export interface FilteredCone {
  /** Ramp-filtered and Hilbert-filtered: views × columns × rows, rows fastest. */
  readonly ramp: Float32Array;
  readonly hilbert: Float32Array;
  readonly columns: number;
  readonly rows: number;
  readonly records: Float64Array;
}

/** A Tam–Danielson window whose edges are tapered. */
export interface TaperedWindow {
  /** Lower and upper edge by detector column, in the units of `HelixScale`: pairs. */
  readonly edges: Float64Array;
  /**
   * What the place between the edges (0 at one, 1 at the other) makes of a value, by its distance d inwards from the nearer
   * edge: pairs of weight and the weight's derivative by d, evenly from −reach to reach. The first two pairs must be
   * (0, 0), the last (1, 0); these hold beyond.
   */
  readonly taper: Float32Array;
  readonly reach: number;
}

/** The lengths of a helical scan at the axis, all in one unit. */
export interface HelixScale {
  readonly sourceRadius: number;
  /** What the source rises along z in a turn. */
  readonly pitch: number;
  /** Of a pixel, scaled to the axis. */
  readonly columnSize: number;
  readonly rowSize: number;
  /** Column and row coordinate of the central ray. */
  readonly columnCentre: number;
  readonly rowCentre: number;
  /** Of a voxel along z. */
  readonly sliceSize: number;
}

/** A part of a volume, x fastest, and how much of the data each voxel asks for was there: 1 is all of it. */
export interface BackProjection {
  readonly data: Float32Array;
  readonly completeness: Float32Array;
}

/** Calls `each` with the tiles of a plane. */
function forEachTile(
  width: number,
  height: number,
  each: (x0: number, x1: number, y0: number, y1: number) => void,
): void {
  for (let y = 0; y < height; y += TILE) {
    for (let x = 0; x < width; x += TILE) {
      each(x, Math.min(x + TILE, width), y, Math.min(y + TILE, height));
    }
  }
}

/**
 * Back-projects a stack of slices: the sum over views times `scale`. Beyond the detector's ends their values hold.
 *
 * @param into height × width × slices voxels, x fastest.
 * @throws SemcrcError `usage` when sizes, records and arrays do not fit.
 */
export function backProjectStack(
  projector: Projector,
  { filtered, columns, slices, records }: FilteredStack,
  [width, height]: readonly [number, number],
  scale: number,
  into: Float32Array,
): Float32Array {
  const instance = projectorInstance(projector);
  checkCounts({ columns, slices, width, height });
  const views = viewCount(records, STACK_NUMBERS);
  checkLength('filtered', filtered.length, views * columns * slices);
  checkLength('the volume', into.length, width * height * slices);
  const area = width * height;
  for (let from = 0; from < slices; from += STACK_SLICES) {
    const count = Math.min(STACK_SLICES, slices - from);
    const single = count === 1;
    const depth = single ? 1 : whole(count);
    instance.scoped((arena) => {
      const placed = arena.float64(records.length);
      const values = arena.float32(views * (columns + 1) * depth);
      const sums = arena.float32(TILE * TILE * depth);
      placed.view.set(records);
      const target = values.view.fill(0);
      for (let view = 0; view < views; view++) {
        for (let column = 0; column < columns; column++) {
          const source = (view * columns + column) * slices + from;
          const at = (view * (columns + 1) + column) * depth;
          for (let z = 0; z < count; z++) target[at + z] = filtered[source + z];
        }
      }
      const found = sums.view;
      const input = [placed.view.byteOffset, views, target.byteOffset, columns] as const;
      forEachTile(width, height, (x0, x1, y0, y1) => {
        found.fill(0);
        const tile = [x0, x1, y0, y1] as const;
        if (single) instance.raw.backProjectSlice(...input, ...tile, 4 * TILE, found.byteOffset);
        else instance.raw.backProjectStack(...input, depth, ...tile, found.byteOffset);
        const pitch = single ? TILE : (x1 - x0) * depth;
        for (let z = 0; z < count; z++) {
          for (let y = y0; y < y1; y++) {
            let at = (y - y0) * pitch + z;
            const row = (from + z) * area + y * width;
            for (let x = x0; x < x1; x++, at += depth) into[row + x] = found[at] * scale;
          }
        }
      });
    });
  }
  return into;
}

/** Copies views into columns and rows with one more at the end, read with weight 0. */
function pad(values: Float32Array, into: Float32Array, views: number, columns: number, rows: number): void {
  into.fill(0);
  const padded = (columns + 1) * (rows + 1);
  for (let view = 0; view < views; view++) {
    for (let column = 0; column < columns; column++) {
      const at = (view * columns + column) * rows;
      into.set(values.subarray(at, at + rows), view * padded + column * (rows + 1));
    }
  }
}

/** The records as the kernel takes them: z counts from a slice near the source, the last number. */
function placeRecords(records: Float64Array, into: Float64Array): void {
  for (let view = 0; view < records.length / CONE_NUMBERS; view++) {
    const numbers = records.subarray(view * CONE_NUMBERS, (view + 1) * CONE_NUMBERS);
    const base = Math.floor(numbers[6]);
    into.set(numbers, 8 * view);
    into.set([numbers[6] - base, base], 8 * view + 6);
  }
}

/**
 * Back-projects slices `from` … `to` of a helical scan within its window and divides by the weight each voxel got, which
 * a whole half-turn makes π: a uniform object comes back at its value wherever its data are complete.
 *
 * @param batches the views, a few at a time: only one batch is in memory at once. A voxel's bits do not depend on how views
 *   are cut into batches.
 * @param step angle between views, in radians.
 * @param least completeness below which a voxel is 0.
 * @throws SemcrcError `usage` when sizes, records and arrays do not fit.
 */
export function backProjectCone(
  projector: Projector,
  batches: Iterable<FilteredCone>,
  { edges, taper, reach }: TaperedWindow,
  scale: HelixScale,
  step: number,
  [width, height]: readonly [number, number],
  [from, to]: readonly [number, number],
  least: number,
): BackProjection {
  const instance = projectorInstance(projector);
  checkCounts({ width, height, slices: to - from });
  const steps = taper.length / 2 - 1;
  if (!Number.isInteger(steps) || steps < 3) {
    throw new SemcrcError('usage', `taper: expected at least four pairs, found ${taper.length} values`);
  }
  const slices = to - from;
  const depth = slices + 3;
  const data = new Float32Array(width * height * slices);
  const completeness = new Float32Array(data.length);
  return instance.scoped((arena) => {
    const sums = arena.float32(width * height * depth);
    const weights = arena.float32(width * height * depth);
    const table = arena.float32(taper.length + 2);
    sums.view.fill(0);
    weights.view.fill(0);
    table.view.set(taper);
    table.view.set(taper.subarray(-2), taper.length);
    /** Calls `each` with every tile and the bytes before its sums: tiles lie one after the other. */
    const tiles = (each: (tile: readonly [number, number, number, number], bytes: number) => void): void => {
      let before = 0;
      forEachTile(width, height, (x0, x1, y0, y1) => {
        each([x0, x1, y0, y1], before);
        before += 4 * (x1 - x0) * (y1 - y0) * depth;
      });
    };
    for (const { ramp, hilbert, columns, rows, records } of batches) {
      checkCounts({ columns, rows });
      const views = viewCount(records, CONE_NUMBERS);
      checkLength('ramp', ramp.length, views * columns * rows);
      checkLength('hilbert', hilbert.length, views * columns * rows);
      checkLength('edges', edges.length, 2 * columns);
      instance.scoped(() => {
        const padded = views * (columns + 1) * (rows + 1);
        const blocks = {
          records: arena.float64(8 * views),
          edges: arena.float64(3 * (columns + 1)),
          ramp: arena.float32(padded),
          hilbert: arena.float32(padded),
        };
        placeRecords(records, blocks.records.view);
        for (let column = 0; column <= columns; column++) {
          const [lower, upper] = edges.subarray(2 * Math.min(column, columns - 1));
          blocks.edges.view.set([lower, upper - lower, 1 / (upper - lower)], 3 * column);
        }
        pad(ramp, blocks.ramp.view, views, columns, rows);
        pad(hilbert, blocks.hilbert.view, views, columns, rows);
        tiles((tile, bytes) => {
          instance.raw.backProjectCone(
            ...[
              blocks.records.view.byteOffset,
              views,
              blocks.ramp.view.byteOffset,
              blocks.hilbert.view.byteOffset,
            ],
            ...[columns, rows, blocks.edges.view.byteOffset, table.view.byteOffset, steps, reach],
            ...[scale.sourceRadius, scale.pitch, scale.columnSize, scale.columnCentre],
            ...[scale.rowSize, scale.rowCentre, scale.sliceSize],
            ...[...tile, from, to, depth, sums.view.byteOffset + bytes, weights.view.byteOffset + bytes],
          );
        });
      });
    }
    const out = arena.float32(data.length);
    const shares = arena.float32(data.length);
    tiles((tile, bytes) => {
      instance.raw.normalizeTile(
        ...[sums.view.byteOffset + bytes, weights.view.byteOffset + bytes, depth, slices, ...tile],
        ...[Math.PI, step / Math.PI, least, width, height, out.view.byteOffset, shares.view.byteOffset],
      );
    });
    data.set(out.view);
    completeness.set(shares.view);
    return { data, completeness };
  });
}
