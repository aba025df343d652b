import type { Groups, ScoreProfile } from './columns.ts';
import type { Kernels } from './instance.ts';
import * as twin from './scalar/profile.ts';

export function profileScores(
  _k: Kernels,
  scores: Float32Array,
  groups: Groups,
  groupCount: number,
  options: { readonly positions: boolean },
): ScoreProfile {
  return twin.profileScores(scores, groups, groupCount, options);
}
