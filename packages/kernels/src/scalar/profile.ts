import type { Groups, ScoreProfile } from '../columns.ts';
import { countGroups } from './gather.ts';

/** Twin of `profileScores`. */
export function profileScores(
  scores: Float32Array,
  groups: Groups,
  groupCount: number,
  { positions }: { readonly positions: boolean },
): ScoreProfile {
  const members: number[][] = Array.from({ length: groupCount }, () => []);
  for (let j = 0; j < scores.length; j++) {
    if (scores[j] > 0) members[groups[j]].push(j);
  }
  const offsets = new Uint32Array(groupCount + 1);
  for (let g = 0; g < groupCount; g++) {
    members[g].sort((a, b) => scores[a] - scores[b] || a - b);
    offsets[g + 1] = offsets[g] + members[g].length;
  }
  const order = Uint32Array.from(members.flat());
  return {
    voxels: countGroups(groups, groupCount),
    offsets,
    scores: Float32Array.from(order, (j) => scores[j]),
    ...(positions ? { positions: order } : {}),
  };
}
