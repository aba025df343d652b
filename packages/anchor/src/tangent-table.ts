import { cellLoss } from '@semcrc/kernels';
import type { CondensedVoxels } from './condensed.ts';

/** Value and slope of one part at one node. */
export interface Tangent {
  readonly value: number;
  readonly slope: number;
}

/** λ runs over this many doublings, up to 1. */
const DOUBLINGS = 14;

/** λ at which tangents are taken, the same for every problem, so that what is known depends on nothing else. */
export class Lattice {
  /** λ of every node, ascending to 1. */
  readonly nodes: Float64Array;

  /** `perDoubling` equal steps for each doubling of λ, a power of two, so that nodes are exact on every platform. */
  constructor(perDoubling: number) {
    this.nodes = new Float64Array(DOUBLINGS * perDoubling + 1).fill(1);
    for (let j = 0; j < DOUBLINGS * perDoubling; j++) {
      const doubling = Math.floor(j / perDoubling);
      this.nodes[j] = (1 + (j - doubling * perDoubling) / perDoubling) / 2 ** (DOUBLINGS - doubling);
    }
  }

  /** The first node at or above λ; the last one if there is none. */
  nodeAbove(lambda: number): number {
    let low = 0;
    let high = this.nodes.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.nodes[middle] >= lambda) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/**
 * Tangents to the parts f_u of the condensed voxels' loss at one γ, taken at the nodes of a lattice when first asked
 * for. They hold for every ε.
 */
export class TangentTable {
  readonly lattice: Lattice;
  readonly gamma: number;
  readonly #voxels: CondensedVoxels;
  readonly #known = new Map<number, Tangent>();
  readonly #out = new Float64Array(2);

  constructor(voxels: CondensedVoxels, gamma: number, lattice: Lattice) {
    this.#voxels = voxels;
    this.gamma = gamma;
    this.lattice = lattice;
  }

  /** Value and slope of part u at a node. */
  at(u: number, node: number): Tangent {
    const key = u * this.lattice.nodes.length + node;
    let tangent = this.#known.get(key);
    if (tangent === undefined) {
      tangent = this.evaluate(u, this.lattice.nodes[node]);
      this.#known.set(key, tangent);
    }
    return tangent;
  }

  /** Value and slope of part u anywhere. */
  evaluate(u: number, lambda: number): Tangent {
    cellLoss(this.#voxels.kernels, this.#voxels.cells(u), lambda, this.gamma, this.#out);
    return { value: this.#out[0], slope: this.#out[1] };
  }
}
