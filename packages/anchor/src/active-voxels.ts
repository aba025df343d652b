import type { Bounds } from '@semcrc/kernels';
import type { LengthProblem, Unknown } from './problem.ts';
import { copyResiduals, type Floor, type Residuals, wholeResiduals } from './residuals.ts';

/**
 * The voxels that sweeps read: those that can have a loss where tolerances like the one at hand are solved, and all of
 * them for sweeps elsewhere. Tolerances are taken in classes, a class at a time, so that a sweep depends on its ε and
 * not on which others were asked for. Lies on the arena, above everything allocated before.
 */
export class ActiveVoxels {
  readonly #problem: LengthProblem;
  readonly #columns: () => Bounds;
  readonly #unknowns: readonly Unknown[];
  readonly #gamma: number;
  readonly #floorAt: (epsilon: number) => Floor;
  readonly #mark: number;
  #class: number | undefined;
  #active: Residuals | undefined;
  #all: Residuals | undefined;

  /**
   * @param gamma the least of all γ
   * @param floorAt a floor that holds where tolerances up to this one are solved
   */
  constructor(
    problem: LengthProblem,
    columns: () => Bounds,
    unknowns: readonly Unknown[],
    gamma: number,
    floorAt: (epsilon: number) => Floor,
  ) {
    this.#problem = problem;
    this.#columns = columns;
    this.#unknowns = unknowns;
    this.#gamma = gamma;
    this.#floorAt = floorAt;
    this.#mark = problem.kernels.arena.mark();
  }

  /** Makes ready for sweeps at ε. */
  prepare(epsilon: number): void {
    const next = classOf(epsilon);
    if (next === this.#class) return;
    this.#problem.kernels.arena.release(this.#mark);
    this.#all = undefined;
    this.#class = next;
    const floor = this.#floorAt(next);
    this.#active = copyResiduals(this.#problem, this.#columns, this.#unknowns, floor);
  }

  /** Voxels that account for all of the loss at this γ and λ. */
  at(gamma: number, lambda: Float64Array): Residuals {
    if (this.#active?.covers(gamma, lambda)) return this.#active;
    this.#all ??=
      this.#problem.sides === 1
        ? wholeResiduals(this.#problem, this.#columns, this.#unknowns)
        : copyResiduals(this.#problem, this.#columns, this.#unknowns, {
            gamma: this.#gamma,
            shift: new Float64Array(this.#unknowns.length),
          });
    return this.#all;
  }
}

/** The largest tolerance of an ε's class: a power of two, or three quarters of one. */
function classOf(epsilon: number): number {
  if (epsilon === 0) return 0;
  let top = 1;
  while (top < epsilon) top *= 2;
  while (top / 2 >= epsilon) top /= 2;
  return epsilon <= 0.75 * top ? 0.75 * top : top;
}
