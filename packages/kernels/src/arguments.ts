import type { Groups, Pixels } from './columns.ts';
import { SemcrcError } from './error.ts';

type Column = 'Float32Array' | 'Float64Array' | 'Uint8Array' | 'Uint32Array';

/** How kernels are given a side of the interval. */
export const SIDES = { below: -1, both: 0, above: 1 } as const;

function kindOf(value: unknown): string {
  return ArrayBuffer.isView(value) ? (value as Float32Array)[Symbol.toStringTag] : typeof value;
}

function badInput(message: string, data: Record<string, string | number>): SemcrcError {
  return new SemcrcError('bad-input', message, { data });
}

/** Checks that an array argument is of a type, or of the other. */
function checkKind(name: string, value: unknown, kind: string, other = kind): void {
  const found = kindOf(value);
  if (found === kind || found === other) return;
  const wanted = other === kind ? kind : `${kind} or ${other}`;
  throw badInput(`${name} must be a ${wanted}, found ${found}`, { argument: name, found });
}

/** Checks that an array argument has one value for each of `expected` voxels or values. */
function checkOneForEach(name: string, found: number, expected: number, what: 'voxels' | 'values'): void {
  if (found === expected) return;
  throw badInput(`${name} has ${found} values, expected one for each of ${expected} ${what}`, {
    argument: name,
    expected,
    found,
  });
}

/** Checks the type of array arguments and that all have one length, which it returns. */
export function checkColumns(kind: Column, columns: Readonly<Record<string, unknown>>): number {
  let length = -1;
  let first = '';
  for (const name in columns) {
    const column = columns[name];
    checkKind(name, column, kind);
    const size = (column as Float32Array).length;
    if (length < 0) {
      length = size;
      first = name;
    } else if (size !== length) {
      throw badInput(
        `${name} has ${size} values but ${first} has ${length}; columns of the same voxels must agree in length ` +
          '(a view made before kernel memory grew has length 0: read block.view again)',
        { argument: name, expected: length, found: size },
      );
    }
  }
  return length;
}

/** Checks the type of an array argument and that it has one value for each of `voxels`. */
export function checkColumn(kind: Column, name: string, column: unknown, voxels: number): void {
  checkKind(name, column, kind);
  checkOneForEach(name, (column as Float32Array).length, voxels, 'voxels');
}

/** Checks a group column against the voxel count and the group count; values are checked while they stream. */
export function checkGroups(groups: Groups, groupCount: number, voxels: number): void {
  checkKind('groups', groups, 'Uint8Array', 'Uint16Array');
  if (!Number.isInteger(groupCount) || groupCount < 1 || groupCount > 65536) {
    throw badInput(`groupCount must be an integer from 1 to 65536, found ${groupCount}`, {
      argument: 'groupCount',
      found: groupCount,
    });
  }
  checkOneForEach('groups', groups.length, voxels, 'voxels');
}

/** The error for a group number that is not below `groupCount`. */
export function groupOutOfRange(group: number, groupCount: number, index: number): SemcrcError {
  return badInput(`groups[${index}] is ${group}, expected a number below groupCount = ${groupCount}`, {
    argument: 'groups',
    index,
    found: group,
    expected: groupCount,
  });
}

/** Checks a column of pixels against the number of values; the pixels are checked while they stream. */
export function checkPixels(pixels: Pixels, values: number): void {
  checkKind('pixels', pixels, 'Uint16Array', 'Uint32Array');
  checkOneForEach('pixels', pixels.length, values, 'values');
}

/** The error for the first of these pixels, numbered from `start`, that is not below `plane`. */
export function pixelOutOfRange(pixels: Pixels, start: number, plane: number): SemcrcError {
  const at = (pixels as Uint32Array).findIndex((pixel) => pixel >= plane);
  return badInput(`pixels[${start + at}] is ${pixels[at]}, expected a pixel of the plane, below ${plane}`, {
    argument: 'pixels',
    index: start + at,
    found: pixels[at],
    expected: plane,
  });
}

/** Checks the type of a plane's parts and their count; the parts themselves are checked on kernel memory. */
export function checkParts(parts: Uint8Array, partCount: number): void {
  checkKind('parts', parts, 'Uint8Array');
  checkInteger('partCount', partCount, 1, 256);
}

/** Checks the array for the regions of voxels, and that u16 tell all regions apart. */
export function checkRegions(out: Uint16Array, voxels: number, groupCount: number, partCount: number): void {
  checkKind('out', out, 'Uint16Array');
  checkOneForEach('out', out.length, voxels, 'voxels');
  checkInteger('groupCount · partCount', groupCount * partCount, 1, 65536);
}

/** Checks that voxels fill whole slices of a plane. */
export function checkSlices(plane: number, voxels: number): void {
  if (plane > 0 ? voxels % plane === 0 : voxels === 0) return;
  throw badInput(`${voxels} voxels do not fill whole slices of ${plane} pixels, one for each of parts`, {
    argument: 'parts',
    expected: plane,
    found: voxels,
  });
}

/** The error for the first part that is not below `partCount`. */
export function partOutOfRange(parts: Uint8Array, partCount: number): SemcrcError {
  const index = parts.findIndex((part) => part >= partCount);
  return badInput(`parts[${index}] is ${parts[index]}, expected a number below partCount = ${partCount}`, {
    argument: 'parts',
    index,
    found: parts[index],
    expected: partCount,
  });
}

/** Checks one value per group or segment: the array type, its length, and that none is NaN. */
export function checkLevels(
  kind: 'Float32Array' | 'Float64Array',
  name: string,
  levels: Float32Array | Float64Array,
  expected: number,
): void {
  checkColumns(kind, { [name]: levels });
  if (levels.length !== expected) {
    throw badInput(
      `${name} has ${levels.length} values, expected ${expected}, one for each group or segment`,
      {
        argument: name,
        expected,
        found: levels.length,
      },
    );
  }
  const index = levels.findIndex((level: number) => Number.isNaN(level));
  if (index >= 0) throw badInput(`${name}[${index}] is NaN, expected a number`, { argument: name, index });
}

/** Checks segment offsets: at least one entry, never decreasing, none beyond the voxels. Returns the segment count. */
export function checkOffsets(offsets: Uint32Array, voxels: number): number {
  checkColumns('Uint32Array', { offsets });
  const last = offsets.length - 1;
  if (last < 0)
    throw badInput('offsets is empty, expected one entry more than there are segments', { found: 0 });
  for (let s = 0; s < last; s++) {
    if (offsets[s] > offsets[s + 1]) {
      throw badInput(`offsets decrease at ${s + 1}: ${offsets[s]} is followed by ${offsets[s + 1]}`, {
        argument: 'offsets',
        index: s + 1,
      });
    }
  }
  if (offsets[last] > voxels) {
    throw badInput(`offsets end at ${offsets[last]}, beyond the ${voxels} voxels given`, {
      argument: 'offsets',
      expected: voxels,
      found: offsets[last],
    });
  }
  return last;
}

/** Checks that a λ grid ascends (equal neighbours are fine) and holds no NaN. */
export function checkGrid(grid: Float32Array): void {
  checkLevels('Float32Array', 'grid', grid, grid.length);
  for (let t = 1; t < grid.length; t++) {
    if (grid[t] < grid[t - 1]) {
      throw badInput(`grid must ascend, but grid[${t}] = ${grid[t]} follows ${grid[t - 1]}`, {
        argument: 'grid',
        index: t,
      });
    }
  }
}

/** Refuses NaN found at `index` (−1 for none). */
export function refuseNaN(name: string, index: number): void {
  if (index >= 0) throw badInput(`${name}[${index}] is NaN, expected a number`, { argument: name, index });
}

/** Checks one scalar argument against an inclusive range of integers. */
export function checkInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw badInput(`${name} must be an integer from ${least} to ${most}, found ${value}`, {
      argument: name,
      found: value,
    });
  }
}

/** Checks γ of the surrogate loss, 0 ≤ γ < 1. */
export function checkGamma(gamma: number): void {
  if (!(gamma >= 0 && gamma < 1)) {
    throw badInput(`gamma must be at least 0 and below 1, found ${gamma}`, {
      argument: 'gamma',
      found: gamma,
    });
  }
}

/** Checks that no λ of a loss sweep is negative. */
export function checkNonNegative(name: string, levels: ArrayLike<number>): void {
  for (let index = 0; index < levels.length; index++) {
    if (levels[index] >= 0 || Number.isNaN(levels[index])) continue;
    throw badInput(`${name}[${index}] is ${levels[index]}, expected at least 0`, { argument: name, index });
  }
}
