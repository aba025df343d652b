// How planes of the patient lie in the voxels of a scan, whatever their order in the file.
import type { Direction, Place, Shape } from './voxel.ts';

export type Plane = 'axial' | 'coronal' | 'sagittal';

/** What of a scan says where its voxels lie. */
export interface Placed {
  readonly shape: Shape;
  /** The side that x, y and z run towards: `RAS`, `LPS`, … */
  readonly axes: string;
  /** Distance of voxels along x, y and z, mm. */
  readonly spacing: readonly [x: number, y: number, z: number];
}

/** A voxel axis as it lies on screen: from left to right, from top to bottom, or away from the reader. */
export interface ScreenAxis {
  readonly axis: 0 | 1 | 2;
  readonly size: number;
  readonly spacing: number;
  /** Whether it runs against the screen. */
  readonly flipped: boolean;
  /** Index distance in memory of voxels that are neighbours on screen. */
  readonly stride: number;
}

export interface PlaneAxes {
  readonly across: ScreenAxis;
  readonly down: ScreenAxis;
  readonly through: ScreenAxis;
  /** Sides of the patient at the left, right, upper and lower edge. */
  readonly edges: readonly [left: Direction, right: Direction, top: Direction, bottom: Direction];
}

/** As radiologists look: the patient's right, or nose, at the left. */
const EDGES: Readonly<Record<Plane, PlaneAxes['edges']>> = {
  axial: ['R', 'L', 'A', 'P'],
  coronal: ['R', 'L', 'S', 'I'],
  sagittal: ['A', 'P', 'S', 'I'],
};
const PAIRS = ['RL', 'AP', 'SI'];

export function planeAxes(plane: Plane, { shape, axes, spacing }: Placed): PlaneAxes {
  const [slices, height, width] = shape;
  const sizes = [width, height, slices];
  const strides = [1, width, width * height];
  /** The axis that lies between two sides; it should run towards one of them. */
  const towards = (side: Direction): ScreenAxis => {
    const pair = PAIRS.find((own) => own.includes(side))!;
    const axis = [...axes].findIndex((own) => pair.includes(own)) as 0 | 1 | 2;
    const flipped = axes[axis] !== side;
    const stride = flipped ? -strides[axis] : strides[axis];
    return { axis, size: sizes[axis], spacing: spacing[axis], flipped, stride };
  };
  const edges = EDGES[plane];
  const shown = edges.map((side) => PAIRS.findIndex((pair) => pair.includes(side)));
  const hidden = PAIRS[[0, 1, 2].find((pair) => !shown.includes(pair))!];
  return {
    across: towards(edges[1]),
    down: towards(edges[3]),
    through: towards(hidden[0] as Direction),
    edges,
  };
}

/** The place at a column and row of a plane's slice; slices are counted as the file stores them. */
export function placeAt(
  { across, down, through }: PlaneAxes,
  column: number,
  row: number,
  slice: number,
): Place {
  const place: [number, number, number] = [0, 0, 0];
  place[across.axis] = across.flipped ? across.size - 1 - column : column;
  place[down.axis] = down.flipped ? down.size - 1 - row : row;
  place[through.axis] = slice;
  return place;
}

/** Column and row of a place on a plane. */
export function placeOn({ across, down }: PlaneAxes, place: Place): readonly [column: number, row: number] {
  const on = ({ axis, flipped, size }: ScreenAxis) => (flipped ? size - 1 - place[axis] : place[axis]);
  return [on(across), on(down)];
}
