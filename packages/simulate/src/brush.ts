import type { PointFields } from './anatomy/tissue.ts';
import type { Lattice } from './lattice.ts';
import type { Patient } from './patient.ts';
import type { BonePlace } from './spine.ts';
import type { TrunkPlace } from './trunk.ts';

/** Where the voxels of a phantom lie: voxel (x, y, z) is centred at `first` + (x, y, z) · `spacing`, mm, RAS. */
export interface PhantomGrid {
  /** [slices, height, width]. */
  readonly shape: readonly [slices: number, height: number, width: number];
  /** Distance of neighbouring voxels along x, y, z in mm. */
  readonly spacing: readonly [x: number, y: number, z: number];
  /** Centre of voxel (0, 0, 0). The origin is the middle of the trunk at the first lumbar vertebra. */
  readonly first: readonly [x: number, y: number, z: number];
}

/** A random field along a row. */
interface Field {
  readonly draw: ReturnType<Lattice['field']>;
  readonly out: Float32Array;
}

/** The fields and places of the row being painted. */
export class Brush {
  readonly grid: PhantomGrid;
  readonly count: number;
  readonly xs: Float64Array;
  /** Width in mm over which one tissue gives way to the next: what a voxel and the scanner blur. */
  readonly softness: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
  readonly cavity: Float64Array;
  readonly muscle: Float64Array;
  readonly slowX: Float32Array;
  readonly slowY: Float32Array;
  readonly slowZ: Float32Array;
  readonly quickX: Float32Array;
  readonly quickY: Float32Array;
  readonly coarse: Float32Array;
  readonly lobular: Float32Array;
  readonly fine: Float32Array;
  readonly grain: Float32Array;
  readonly threadA: Float32Array;
  readonly threadB: Float32Array;
  readonly bowelA: Float32Array;
  readonly bowelB: Float32Array;
  readonly place: TrunkPlace = { skin: 0, muscle: 0, cavity: 0, diaphragm: 0, round: 0 };
  readonly bone: BonePlace = { distance: 0, hounsfield: 0 };
  readonly point: PointFields = { coarse: 0, lobular: 0, fine: 0 };
  /** What decides where organs end, and all others. */
  readonly #shaping: Field[] = [];
  readonly #texture: Field[] = [];

  constructor(grid: PhantomGrid, lattice: Lattice) {
    this.grid = grid;
    const [, , width] = grid.shape;
    this.count = width;
    this.xs = Float64Array.from({ length: width }, (_, x) => grid.first[0] + x * grid.spacing[0]);
    this.softness = Math.max(1.4, 0.9 * grid.spacing[0]);
    const places = (): Float64Array => new Float64Array(width);
    this.x = places();
    this.y = places();
    this.z = places();
    this.cavity = places();
    this.muscle = places();
    let shift = 1;
    const field = (fields: Field[], cell: number): Float32Array => {
      const out = new Float32Array(width);
      fields.push({ draw: lattice.field(this.xs, cell, shift), out });
      shift += 1;
      return out;
    };
    this.slowX = field(this.#shaping, 70);
    this.slowY = field(this.#shaping, 70);
    this.slowZ = field(this.#shaping, 70);
    this.quickX = field(this.#shaping, 22);
    this.quickY = field(this.#shaping, 22);
    this.coarse = field(this.#texture, 30);
    this.lobular = field(this.#shaping, 8);
    this.fine = field(this.#texture, 3.1);
    this.grain = field(this.#texture, 1.9);
    this.threadA = field(this.#texture, 24);
    this.threadB = field(this.#texture, 24);
    this.bowelA = field(this.#texture, 40);
    this.bowelB = field(this.#texture, 40);
  }

  /** Samples the fields that decide where organs end along a row. */
  sampleShaping(y: number, z: number): void {
    for (const { draw, out } of this.#shaping) draw(y, z, out);
  }

  /** Samples all other fields along a row. */
  sampleTexture(y: number, z: number): void {
    for (const { draw, out } of this.#texture) draw(y, z, out);
  }

  /** Voxels of the row that stand between two places of the reference patient. */
  indices(from: number, to: number, patient: Patient): readonly [from: number, to: number] {
    const { first, spacing } = this.grid;
    const index = (x: number): number => (x * patient.stretch[0] + patient.offset[0] - first[0]) / spacing[0];
    return [Math.max(0, Math.floor(index(from))), Math.min(this.count, Math.ceil(index(to)) + 1)];
  }
}
