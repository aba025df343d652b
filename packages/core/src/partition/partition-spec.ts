import type { RegressionTree } from '../learned/regression-tree.ts';

/** Which voxels share one λ, as data: enough to assign the voxels of a scan never seen before. */
export type PartitionSpec =
  | { readonly kind: 'uniform' }
  | { readonly kind: 'organ' }
  | PositionSpec
  | StrataSpec
  | LearnedSpec;

/** K-CRC: groups are positions (y, x), the same in every slice of every scan. */
export interface PositionSpec {
  readonly kind: 'position';
  readonly height: number;
  readonly width: number;
  readonly groupCount: number;
  /** Group of each pixel, height × width, x fastest. */
  readonly map: Uint8Array;
}

/** Organ × quantile bins of features of the prediction. */
export interface StrataSpec {
  readonly kind: 'strata';
  readonly features: readonly StratumFeature[];
  /** For each label id: for each feature, ascending cuts; a value equal to a cut belongs to the lower bin. */
  readonly cuts: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** Organ × leaves of a regression tree over features of the slice, grown on the opt scans; voxels not active come first. */
export interface LearnedSpec {
  readonly kind: 'learned';
  /** By label id; an organ without active opt voxels has none, and one group. */
  readonly trees: Readonly<Record<string, RegressionTree>>;
}

export type StratumFeatureName = 'intensity' | 'width' | 'gradient';
export interface StratumFeature {
  readonly name: StratumFeatureName;
  /** Bins asked for; fewer remain where cuts coincide. */
  readonly bins: number;
}
