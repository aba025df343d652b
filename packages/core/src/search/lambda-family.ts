import type { LambdaPath } from '@semcrc/anchor';

/**
 * λ vectors along one parameter t: non-decreasing in t in every component, so that any loss is non-increasing and
 * right-continuous in t and [conformal risk control, Theorem 1] applies to t (Proposition 1).
 */
export interface LambdaFamily {
  /** Components: λ groups × sides, below first. */
  readonly size: number;
  /** Where every λ is least. */
  readonly start: number;
  /** Writes the f32 vector at t. */
  at(t: number, out: Float32Array): void;
  /** A t at which every λ is at least `score`. */
  reaching(score: number): number;
}

/**
 * The line anchor + ω·1, clipped at 0 (eq. 6, 9): λ(ω)_k = fround(max(λ̃_k + ω, 0)), ω from −max λ̃ on. Where intervals may
 * shrink it is clipped at −1 instead, from −1 − max λ̃ on.
 * With the zero anchor and one group this is the one-parameter family of CRC (eq. 1).
 *
 * @param floor least λ: 0 or −1
 */
export function lineFamily(anchor: Float64Array, floor: 0 | -1 = 0): LambdaFamily {
  let largest: number = floor;
  for (const value of anchor) largest = Math.max(largest, value);
  return {
    size: anchor.length,
    start: floor - largest,
    at(omega, out) {
      for (let k = 0; k < anchor.length; k++) out[k] = Math.max(anchor[k] + omega, floor);
    },
    reaching: (score) => beyond(score, floor),
  };
}

/** How far every λ must move from `floor`, at most, to reach a score; from −1 a sum may round below it. */
const beyond = (score: number, floor: number): number => (floor === 0 ? score : score - floor + 2 ** -20);

/** A component of λ without an optimization voxel, and those present whose λ it follows. */
export interface AbsentComponent {
  readonly absent: number;
  readonly present: readonly number[];
}

/** Gives every absent component the largest λ of those it follows, in place; `floor` if it follows none. */
export function fillAbsent(
  lambda: Float32Array | Float64Array,
  components: readonly AbsentComponent[],
  floor: number,
): void {
  for (const { absent, present } of components) {
    let largest = floor;
    for (const other of present) largest = Math.max(largest, lambda[other]);
    lambda[absent] = largest;
  }
}

/**
 * The path of the envelope anchor: minorant edges by slope, one λ moving at a time, then + ω·1 beyond the last edge.
 * Its parameter is the position: edges traversed, and ω beyond them.
 */
export function pathFamily(path: LambdaPath, components: readonly AbsentComponent[]): LambdaFamily {
  const point = new Float64Array(path.size);
  return {
    size: path.size,
    start: 0,
    at(position, out) {
      path.at(position, point);
      fillAbsent(point, components, path.start);
      out.set(point);
    },
    reaching: (score) => path.length + beyond(score, path.start),
  };
}
