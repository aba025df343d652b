// Places in a scan: voxel (x, y, z), x fastest in memory, in the order of the file.

export type Voxel = readonly [x: number, y: number, z: number];
/** As a voxel, but anywhere between the centres of voxels. */
export type Place = Voxel;
export type Shape = readonly [slices: number, height: number, width: number];

export function indexOf([x, y, z]: Voxel, [, height, width]: Shape): number {
  return (z * height + y) * width + x;
}

export function isInside([x, y, z]: Voxel, [slices, height, width]: Shape): boolean {
  return x >= 0 && y >= 0 && z >= 0 && x < width && y < height && z < slices;
}

/** The voxel that holds a place; null beside the scan. */
export function voxelAt([x, y, z]: Place, shape: Shape): Voxel | null {
  const voxel: Voxel = [Math.round(x), Math.round(y), Math.round(z)];
  return isInside(voxel, shape) ? voxel : null;
}

/** A side of the patient: right, left, front, back, head, feet. */
export type Direction = 'R' | 'L' | 'A' | 'P' | 'S' | 'I';
const OPPOSITE: Readonly<Record<Direction, Direction>> = { R: 'L', L: 'R', A: 'P', P: 'A', S: 'I', I: 'S' };

/**
 * The next voxel towards a side of the patient; the same where the scan ends there.
 *
 * @param axes the side that x, y and z run towards: `RAS`, `LPS`, …
 */
export function neighbour(
  voxel: Voxel,
  towards: Direction,
  { axes, shape: [slices, height, width] }: { readonly axes: string; readonly shape: Shape },
): Voxel {
  const sizes = [width, height, slices];
  const [x, y, z] = voxel.map((at, axis) => {
    const by = axes[axis] === towards ? 1 : axes[axis] === OPPOSITE[towards] ? -1 : 0;
    return Math.min(Math.max(at + by, 0), sizes[axis] - 1);
  });
  return [x, y, z];
}

/**
 * The voxel of an organ that is nearest to its centre of mass, in voxels; null where the scan has none. (The centre itself
 * may lie outside: kidneys are curved.)
 */
export function organCentre(organs: Uint16Array, id: number, shape: Shape): Voxel | null {
  let count = 0;
  const sum = [0, 0, 0];
  visit(organs, id, shape, (x, y, z) => {
    count++;
    sum[0] += x;
    sum[1] += y;
    sum[2] += z;
  });
  if (count === 0) return null;
  const [cx, cy, cz] = sum.map((total) => total / count);
  let best: Voxel = [0, 0, 0];
  let least = Number.POSITIVE_INFINITY;
  visit(organs, id, shape, (x, y, z) => {
    const distance = (x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2;
    if (distance >= least) return;
    least = distance;
    best = [x, y, z];
  });
  return best;
}

function visit(
  organs: Uint16Array,
  id: number,
  [slices, height, width]: Shape,
  at: (x: number, y: number, z: number) => void,
): void {
  let voxel = 0;
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) if (organs[voxel++] === id) at(x, y, z);
    }
  }
}
