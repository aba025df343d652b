import type { Kernels } from '@semcrc/kernels';
import fc from 'fast-check';
import type { LengthProblem } from '../src/index.ts';

/** One scan: voxels per group, each as [centre, half width, residual] on coarse grids, so that ties are common. */
type Voxel = readonly [centre: number, half: number, residual: number];
export type Scans = readonly (readonly (readonly Voxel[])[])[];

export interface Shape {
  readonly groups: number;
  readonly scans?: number;
  readonly most?: number;
  /** Chance in eight that an interval has no width. */
  readonly flat?: number;
}

/** Random scans of unequal size, with absent groups, points on the centre, and intervals without width. */
export function scansOf({ groups, scans = 4, most = 12, flat = 1 }: Shape): fc.Arbitrary<Scans> {
  const voxel: fc.Arbitrary<Voxel> = fc.tuple(
    fc.integer({ min: 0, max: 64 }).map((v) => v / 64),
    fc.oneof(
      { weight: 8 - flat, arbitrary: fc.integer({ min: 1, max: 40 }).map((v) => v / 256) },
      { weight: flat, arbitrary: fc.constant(0) },
    ),
    fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: -60, max: 60 }).map((v) => v / 512) },
      { weight: 1, arbitrary: fc.integer({ min: -200, max: 200 }).map((v) => v / 512) },
      { weight: 1, arbitrary: fc.constant(0) },
    ),
  );
  const scan = fc.array(fc.array(voxel, { maxLength: most }), { minLength: groups, maxLength: groups });
  return fc
    .array(scan, { minLength: 1, maxLength: scans })
    .filter((all) => all.some((one) => one.some((group) => group.length > 0)));
}

const clip = (value: number) => Math.min(1, Math.max(0, value));

/** The problem whose segments are these scans' groups; every scan counts 1/n whatever its size. */
export function problemOf(kernels: Kernels, scans: Scans, sides: 1 | 2 = 1): LengthProblem {
  const groupCount = scans[0].length;
  const present = scans.filter((scan) => scan.some((group) => group.length > 0));
  const truth: number[] = [];
  const lower: number[] = [];
  const upper: number[] = [];
  const offsets = [0];
  const groupOfSegment: number[] = [];
  const weightOfSegment: number[] = [];
  for (let group = 0; group < groupCount; group++) {
    for (const scan of present) {
      const size = scan.reduce((sum, voxels) => sum + voxels.length, 0);
      for (const [centre, half, residual] of scan[group]) {
        lower.push(clip(centre - half));
        upper.push(clip(centre + half));
        truth.push(clip(centre + residual));
      }
      offsets.push(truth.length);
      groupOfSegment.push(group);
      weightOfSegment.push(1 / (present.length * size));
    }
  }
  return {
    kernels,
    voxels: {
      truth: Float32Array.from(truth),
      lower: Float32Array.from(lower),
      upper: Float32Array.from(upper),
    },
    offsets: Uint32Array.from(offsets),
    groupOfSegment: Uint16Array.from(groupOfSegment),
    weightOfSegment: Float64Array.from(weightOfSegment),
    groupCount,
    sides,
  };
}

/**
 * Two scans of three groups with intervals of every width and residuals of every size, close enough together that many
 * voxels look alike.
 */
export function denseProblem(
  kernels: Kernels,
  { seed, voxels, sides }: { readonly seed: number; readonly voxels: number; readonly sides: 1 | 2 },
): LengthProblem {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
  const truth = new Float32Array(voxels);
  const lower = new Float32Array(voxels);
  const upper = new Float32Array(voxels);
  const segments = 6;
  const offsets = Uint32Array.from({ length: segments + 1 }, (_, s) => Math.floor((s * voxels) / segments));
  for (let j = 0; j < voxels; j++) {
    const width = 0.04 + 0.02 * uniform() * (1 + Math.floor((3 * j) / voxels));
    lower[j] = 0.5 - width / 2;
    upper[j] = lower[j] + width;
    truth[j] = 0.5 + (uniform() - 0.5) * (uniform() < 0.2 ? 0.5 : 0.1);
  }
  return {
    kernels,
    voxels: { truth, lower, upper },
    offsets,
    groupOfSegment: Uint16Array.of(0, 0, 1, 1, 2, 2),
    weightOfSegment: Float64Array.from({ length: segments }, (_, s) => (s % 2 === 0 ? 0.9 : 1.1) / voxels),
    groupCount: 3,
    sides,
  };
}
