import Type, { type Static } from 'typebox';
import { CENTRE_TERMS, type Centre } from '../learned/centre.ts';
import { rulesOf } from '../learned/regression-tree.ts';
import { SLICE_FEATURES } from '../learned/slice-features.ts';
import type { LearnedSpec } from '../partition/partition-spec.ts';

const LEARNED = {
  kind: Type.Literal('learned'),
  /** What the trees ask for, in the order their numbers count. */
  features: Type.Array(Type.Enum([...SLICE_FEATURES])),
  /** By label id, nodes in preorder; a label without a tree has one group. */
  trees: Type.Record(
    Type.String(),
    Type.Object({
      /** Index into `features`, −1 at a leaf. */
      feature: Type.Array(Type.Integer({ minimum: -1, maximum: SLICE_FEATURES.length - 1 }), {
        minItems: 1,
      }),
      /** A value up to the cut goes to the next node, another to `right`; 0 at a leaf. */
      cut: Type.Array(Type.Number()),
      /** At a leaf its number, from the left. */
      right: Type.Array(Type.Integer({ minimum: 0 })),
    }),
  ),
};

/** Learned strata as written: a regression tree by organ, and what each of its leaves says in words. */
export const LearnedPartitionRecord = Type.Object({
  ...LEARNED,
  /** By group, which voxels of the organ belong to it, in words. */
  rules: Type.Record(Type.String(), Type.String()),
});
export type LearnedPartitionRecord = Static<typeof LearnedPartitionRecord>;

/** Learned strata of one of many runs: the trees alone. */
export const LearnedTreesRecord = Type.Object(LEARNED);

/** A corrected centre: c = clip(p + Σ coefficient · term, 0, 1), p the point prediction. */
export const CentreRecord = Type.Object({
  terms: Type.Array(Type.Enum([...CENTRE_TERMS])),
  organs: Type.Record(
    Type.String(),
    Type.Object({
      /** Ascending cuts of p; a value equal to a cut belongs to the lower bin. */
      cuts: Type.Array(Type.Number()),
      /** By bin. */
      coefficients: Type.Array(
        Type.Array(Type.Number(), { minItems: CENTRE_TERMS.length, maxItems: CENTRE_TERMS.length }),
        { minItems: 1 },
      ),
    }),
  ),
});
export type CentreRecord = Static<typeof CentreRecord>;

/** Learned strata as written, without words. */
export function learnedTrees({ kind, trees }: LearnedSpec): Static<typeof LearnedTreesRecord> {
  return {
    kind,
    features: [...SLICE_FEATURES],
    trees: Object.fromEntries(
      Object.entries(trees).map(([organ, { feature, cut, right }]) => [
        organ,
        { feature: [...feature], cut: [...cut], right: [...right] },
      ]),
    ),
  };
}

/** Learned strata as written, with the rule of each group in words. */
export function learnedRecord(spec: LearnedSpec, keys: readonly string[]): LearnedPartitionRecord {
  return { ...learnedTrees(spec), rules: Object.fromEntries(keys.map((key) => [key, ruleOf(spec, key)])) };
}

/** A corrected centre as written. */
export function centreRecord(centre: Centre): CentreRecord {
  return {
    terms: [...CENTRE_TERMS],
    organs: Object.fromEntries(
      Object.entries(centre).map(([organ, { cuts, coefficients }]) => [
        organ,
        { cuts: [...cuts], coefficients: coefficients.map((own) => [...own]) },
      ]),
    ),
  };
}

/** Which voxels of an organ a group of learned strata holds, in words. */
function ruleOf({ trees }: LearnedSpec, key: string): string {
  const [organ, part] = key.split('/');
  const tree = trees[organ];
  if (!tree) return 'all';
  if (part === '0') return 'no width, or a point at an end of the range';
  return rulesOf(tree)[Number(part) - 1];
}
