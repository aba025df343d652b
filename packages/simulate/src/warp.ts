import { makeVolume, type Vector3, type Volume } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { bilinear } from './bilinear.ts';
import { Diffeomorphism } from './diffeomorphism.ts';
import { generatorOf, standardNormal, uniform } from './random.ts';

/** A labelled CT that patients are made from. */
export interface Template {
  /** HU; in RAS order, on an upright grid. */
  readonly truth: Volume;
  /** Label ids: 0 outside the body, 1 body, organs; in the order of the volume. */
  readonly anatomy: Uint8Array;
}

/** How far warped patients differ from their template. */
export interface WarpOptions {
  /** Root mean square of the velocity in the plane and across it, mm. */
  readonly bend: number;
  readonly bendAcross: number;
  /** Standard deviation of the low-pass filter of the velocity, mm. */
  readonly smoothness: number;
  /** Standard deviation of the stretch along each axis. */
  readonly stretch: number;
  /** Standard deviation of the tangent of half the angle turned about z. */
  readonly turn: number;
  /** Standard deviation of the shift in the plane, mm. */
  readonly shift: number;
  /** Standard deviation of the change of each organ's attenuation, HU; half as much for the body. */
  readonly hounsfield: number;
}

export const defaultWarp: WarpOptions = {
  bend: 6,
  bendAcross: 3,
  smoothness: 26,
  stretch: 0.035,
  turn: 0.02,
  shift: 4,
  hounsfield: 10,
};

/** Millimetres that the velocity may be smoothed over: beyond, a warp only shifts. */
const widest = 200;

/**
 * Refuses warps that would fold space. The velocity changes by `bend` over about `smoothness`; up to half of it the least
 * Jacobian determinant on the voxels' grid stays above 0.1 (tested), beyond it nothing is promised.
 *
 * @throws SemcrcError `usage`, naming the option.
 */
export function checkWarp({ bend, smoothness }: Pick<WarpOptions, 'bend' | 'smoothness'>): void {
  const refuse = (option: string, expected: string, found: number): never => {
    throw new SemcrcError('usage', `\`${option}\`: expected ${expected}, found ${found}`, {
      data: { options: [option] },
    });
  };
  if (!(smoothness > 0 && smoothness <= widest)) {
    refuse('smoothness', `a width above 0 mm, at most ${widest}`, smoothness);
  }
  if (!(bend >= 0 && bend <= smoothness / 2)) {
    refuse('bend', `0 to ${smoothness / 2} mm, half the smoothness, as space would fold beyond`, bend);
  }
}

/**
 * Draws warped patient `index` of a seed: a template drawn at random, its organs brightened or darkened, bent by a random
 * diffeomorphism, stretched, turned and shifted. CT and labels are sampled at the same places (linearly; nearest), so they
 * stay consistent. Beyond its first and last slice a template goes on as that slice. A pure function of its arguments,
 * the same bits on every platform.
 *
 * @throws SemcrcError `usage` when there is no template.
 */
export function drawWarp(
  templates: readonly Template[],
  seed: number,
  index: number,
  options: WarpOptions = defaultWarp,
): Template & { readonly template: number } {
  if (templates.length === 0) throw new SemcrcError('usage', 'warps need a template, found none');
  const generator = generatorOf(seed ^ 0x3c6ef372, index);
  const chosen = Math.floor(uniform(generator, 0, 1) * templates.length);
  const template = templates[chosen];
  const map = drawMap(template.truth, options, generator);
  const bright = brighten(template, options.hounsfield, generator);
  return { ...resample(template, bright, map), template: chosen };
}

/** Where each voxel of a warped patient comes from: fractional voxel indices of the template, row by row. */
type RowMap = (y: number, z: number, out: readonly [Float64Array, Float64Array, Float64Array]) => void;

/** Draws the map from a warped grid to voxel indices of its template, which has the same grid. */
export function drawMap(
  { shape, spacing }: Pick<Volume, 'shape' | 'spacing'>,
  options: WarpOptions,
  generator: RandomGenerator,
): RowMap {
  const normal = (): number => Math.min(2.5, Math.max(-2.5, standardNormal(generator)));
  const [slices, height, width] = shape;
  const extent: Vector3 = [(width - 1) * spacing[0], (height - 1) * spacing[1], (slices - 1) * spacing[2]];
  const stretch = [0, 1, 2].map((axis) => 1 + options.stretch * normal() * (axis === 2 ? 0.5 : 1));
  const tangent = options.turn * normal();
  const square = tangent * tangent;
  const cosine = (1 - square) / (1 + square);
  const sine = (2 * tangent) / (1 + square);
  const shift = [options.shift * normal(), options.shift * normal()];
  const bend = new Diffeomorphism(
    extent,
    { amplitude: [options.bend, options.bend, options.bendAcross], smoothness: options.smoothness },
    generator,
  );
  const middle = extent.map((length) => length / 2);
  const places = bend.places(0, spacing[0], width);
  return (y, z, out) => {
    bend.row(places, y * spacing[1], z * spacing[2], out);
    const [ox, oy, oz] = out;
    const v0 = y * spacing[1] - middle[1];
    const w0 = z * spacing[2] - middle[2];
    for (let x = 0; x < width; x++) {
      const u = x * spacing[0] - middle[0] + ox[x];
      const v = v0 + oy[x];
      ox[x] = ((cosine * u - sine * v) * stretch[0] + middle[0] + shift[0]) / spacing[0];
      oy[x] = ((sine * u + cosine * v) * stretch[1] + middle[1] + shift[1]) / spacing[1];
      oz[x] = ((w0 + oz[x]) * stretch[2] + middle[2]) / spacing[2];
    }
  };
}

/** Adds to every organ a change of its own, faded over a voxel at its outline; gas keeps its darkness. */
function brighten({ truth, anatomy }: Template, spread: number, generator: RandomGenerator): Float32Array {
  const changes = Float32Array.from({ length: 256 }, (_, label) => {
    const change = spread * Math.min(2.5, Math.max(-2.5, standardNormal(generator)));
    return label === 0 ? 0 : label === 1 ? change / 2 : change;
  });
  const offsets = new Float32Array(anatomy.length);
  for (let at = 0; at < offsets.length; at++) offsets[at] = changes[anatomy[at]];
  const [slices, height, width] = truth.shape;
  const area = height * width;
  const out = new Float32Array(truth.data.length);
  for (let z = 0, at = 0; z < slices; z++) {
    const below = z > 0 ? area : 0;
    const above = z + 1 < slices ? area : 0;
    for (let y = 0; y < height; y++) {
      const behind = y > 0 ? width : 0;
      const before = y + 1 < height ? width : 0;
      for (let x = 0; x < width; x++, at++) {
        const sides =
          offsets[x > 0 ? at - 1 : at] +
          offsets[x + 1 < width ? at + 1 : at] +
          offsets[at - behind] +
          offsets[at + before] +
          offsets[at - below] +
          offsets[at + above];
        const hounsfield = truth.data[at];
        const tissue = Math.min(1, Math.max(0, (hounsfield + 300) / 150));
        out[at] = hounsfield + tissue * (offsets[at] / 4 + sides / 8);
      }
    }
  }
  return out;
}

function resample(template: Template, hounsfield: Float32Array, map: RowMap): Template {
  const { shape, affine } = template.truth;
  const [slices, height, width] = shape;
  const labels = template.anatomy;
  const truth = new Float32Array(hounsfield.length);
  const anatomy = new Uint8Array(hounsfield.length);
  const places = [new Float64Array(width), new Float64Array(width), new Float64Array(width)] as const;
  const area = height * width;
  const [lastX, lastY, lastZ] = [width - 1, height - 1, slices - 1];
  const [farthestX, farthestY, farthestZ] = [lastX, lastY, lastZ].map((end) => Math.max(0, end - 1));
  const right = lastX > 0 ? 1 : 0;
  const down = lastY > 0 ? width : 0;
  const up = lastZ > 0 ? area : 0;
  for (let z = 0, at = 0; z < slices; z++) {
    for (let y = 0; y < height; y++) {
      map(y, z, places);
      for (let x = 0; x < width; x++, at++) {
        const px = places[0][x];
        const py = places[1][x];
        // Beyond its ends a template goes on as its end slices; beside them there is air.
        const pz = Math.min(lastZ, Math.max(0, places[2][x]));
        if (px < -0.5 || px > lastX + 0.5 || py < -0.5 || py > lastY + 0.5) {
          truth[at] = -1000;
          continue;
        }
        const qx = Math.min(lastX, Math.max(0, px));
        const qy = Math.min(lastY, Math.max(0, py));
        const i = Math.min(qx | 0, farthestX);
        const j = Math.min(qy | 0, farthestY);
        const k = Math.min(pz | 0, farthestZ);
        const a = qx - i;
        const b = qy - j;
        const corner = k * area + j * width + i;
        const far = corner + up;
        const near = bilinear(hounsfield, corner, right, down, a, b);
        truth[at] = Math.round(near + (pz - k) * (bilinear(hounsfield, far, right, down, a, b) - near));
        anatomy[at] = labels[((pz + 0.5) | 0) * area + ((qy + 0.5) | 0) * width + ((qx + 0.5) | 0)];
      }
    }
  }
  return { truth: makeVolume(truth, shape, affine), anatomy };
}

/** Least determinant of the Jacobian of a warp over a grid, by differences of neighbouring voxels. */
export function leastJacobian(grid: Pick<Volume, 'shape' | 'spacing'>, map: RowMap): number {
  const [slices, height, width] = grid.shape;
  const rows = (): [Float64Array, Float64Array, Float64Array] => [
    new Float64Array(width),
    new Float64Array(width),
    new Float64Array(width),
  ];
  const here = rows();
  const front = rows();
  const above = rows();
  let least = Number.POSITIVE_INFINITY;
  for (let z = 0; z + 1 < slices; z++) {
    for (let y = 0; y + 1 < height; y++) {
      map(y, z, here);
      map(y + 1, z, front);
      map(y, z + 1, above);
      for (let x = 0; x + 1 < width; x++) {
        const d = (to: readonly Float64Array[], shift: number, axis: number): number =>
          to[axis][x + shift] - here[axis][x];
        const [ax, ay, az] = [d(here, 1, 0), d(here, 1, 1), d(here, 1, 2)];
        const [bx, by, bz] = [d(front, 0, 0), d(front, 0, 1), d(front, 0, 2)];
        const [cx, cy, cz] = [d(above, 0, 0), d(above, 0, 1), d(above, 0, 2)];
        least = Math.min(
          least,
          ax * (by * cz - bz * cy) - ay * (bx * cz - bz * cx) + az * (bx * cy - by * cx),
        );
      }
    }
  }
  return least;
}
