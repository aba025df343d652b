import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { uniform } from './random.ts';

/**
 * A spatially coherent field on height × width pixels, values in [−1, 1], x fastest: independent uniforms on a lattice of
 * `cell` pixels, interpolated smoothly between (value noise).
 */
export function drawField(
  generator: RandomGenerator,
  height: number,
  width: number,
  cell: number,
): Float32Array {
  const columns = Math.ceil(width / cell) + 2;
  const rows = Math.ceil(height / cell) + 2;
  const lattice = Float32Array.from({ length: rows * columns }, () => uniform(generator, -1, 1));
  const left = Int32Array.from({ length: width }, (_, x) => Math.floor(x / cell));
  const blend = Float32Array.from({ length: width }, (_, x) => smoothStep(x / cell - Math.floor(x / cell)));
  const edge = new Float32Array(columns);
  const field = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const top = Math.floor(y / cell);
    const down = smoothStep(y / cell - top);
    const row = top * columns;
    for (let column = 0; column < columns; column++) {
      const above = lattice[row + column];
      edge[column] = above + down * (lattice[row + columns + column] - above);
    }
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const start = edge[left[x]];
      field[at] = start + blend[x] * (edge[left[x] + 1] - start);
    }
  }
  return field;
}

function smoothStep(t: number): number {
  return t * t * (3 - 2 * t);
}
