import Type, { type Static } from 'typebox';
import type { Immutable } from '../options/immutable.ts';
import type { Fit } from '../procedures/fit.ts';
import { LambdaByGroup, lambdaByGroup } from './lambda.ts';

const anchorFields = {
  /** Feasible (upper-bound) point. */
  lambda: LambdaByGroup,
  /**
   * Length objective at `lambda`, the certified lower bound on its optimum, and (objective − lowerBound)/objective; null
   * where condensed voxels do not prove them.
   */
  objective: Type.Number(),
  lowerBound: Type.Union([Type.Number(), Type.Null()]),
  gap: Type.Union([Type.Number(), Type.Null()]),
  /** Solved on what profiles keep of the voxels, which gives another λ̃ than the voxels: as valid, perhaps longer. */
  condensed: Type.Optional(Type.Boolean()),
  /** Groups without a voxel in the opt scans: they take the largest λ of those present. */
  absent: Type.Array(Type.String()),
};

export const AnchorRecord = Type.Union([
  Type.Object({
    method: Type.Literal('gamma'),
    ...anchorFields,
    gamma: Type.Number(),
    /** The γ kept is the first or last of those tried. */
    atRangeEnd: Type.Boolean(),
    /** Every γ tried: its bounds, or why it has none. */
    perGamma: Type.Array(
      Type.Object({
        gamma: Type.Number(),
        state: Type.Enum(['solved', 'pruned', 'stalled', 'infeasible']),
        lowerBound: Type.Union([Type.Number(), Type.Null()]),
        upperBound: Type.Union([Type.Number(), Type.Null()]),
      }),
    ),
  }),
  Type.Object({
    method: Type.Literal('envelope'),
    ...anchorFields,
    /** Share of missed voxels that the anchor was asked for, ε' = ((n_cal + 1)ε − 1)/n_cal. */
    epsilon: Type.Number(),
    /** Place of `lambda` on the path, in edges. */
    position: Type.Number(),
    edges: Type.Integer({ minimum: 0 }),
  }),
]);
export type AnchorRecord = Immutable<Static<typeof AnchorRecord>>;

/** The anchor of a fit as written to files. */
export function anchorRecord(fit: Fit): AnchorRecord | null {
  if (!fit.anchor) return null;
  const { lambda, absent, solution, condensed } = fit.anchor;
  const { keys } = fit.partition;
  const { objective, lowerBound, gap } = solution;
  const fields = {
    lambda: lambdaByGroup(keys, fit.sides, lambda),
    objective,
    lowerBound,
    gap,
    ...(condensed ? { condensed } : {}),
    absent: absent.map((group) => keys[group]),
  };
  if (solution.method === 'envelope') {
    const { method, position, path, epsilon } = solution;
    // Not path.length: a fit that came from another thread has lost its getters.
    return { method, ...fields, epsilon, position, edges: path.index.length };
  }
  const { method, gamma, atRangeEnd, perGamma } = solution;
  return {
    method,
    ...fields,
    gamma,
    atRangeEnd,
    perGamma: perGamma.map(({ gamma, state, lowerBound, upperBound }) => ({
      gamma,
      state,
      lowerBound: finiteOrNull(lowerBound),
      upperBound: finiteOrNull(upperBound),
    })),
  };
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
