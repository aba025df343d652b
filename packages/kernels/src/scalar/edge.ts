import type { EdgeBins, EdgeDistances, EdgeProfile, Groups, Intervals } from '../columns.ts';

/** Twin of `profileEdges`. */
export function profileEdges(
  { lower, upper }: Intervals,
  groups: Groups,
  groupCount: number,
  reach: number,
): EdgeProfile {
  const width = new Float64Array(groupCount);
  for (let j = 0; j < lower.length; j++) width[groups[j]] += upper[j] - lower[j];
  return {
    width,
    below: sortDistances(lower, groups, groupCount, reach),
    above: sortDistances(
      upper.map((value) => 1 - value),
      groups,
      groupCount,
      reach,
    ),
  };
}

function sortDistances(
  distances: Float32Array,
  groups: Groups,
  groupCount: number,
  reach: number,
): EdgeDistances {
  const near: number[][] = Array.from({ length: groupCount }, () => []);
  const beyond = new Uint32Array(groupCount);
  for (let j = 0; j < distances.length; j++) {
    if (!(distances[j] < reach)) beyond[groups[j]]++;
    else if (distances[j] > 0) near[groups[j]].push(distances[j]);
  }
  const offsets = new Uint32Array(groupCount + 1);
  for (let g = 0; g < groupCount; g++) offsets[g + 1] = offsets[g] + near[g].length;
  const values = Float32Array.from(near.flatMap((own) => own.sort((a, b) => a - b)));
  return { beyond, offsets, values };
}

/** Twin of `binEdges`. */
export function binEdges(
  { lower, upper }: Intervals,
  groups: Groups,
  groupCount: number,
  { reach, shift }: { readonly reach: number; readonly shift: number },
): EdgeBins {
  const value = Float32Array.of(reach, 1);
  const bits = new Uint32Array(value.buffer);
  const [first, last] = [bits[0] >>> shift, bits[1] >>> shift];
  const bins = last - first + 1;
  const side = (distanceOf: (voxel: number) => number): Float64Array => {
    const sums = new Float64Array(2 * groupCount * bins);
    for (let j = 0; j < groups.length; j++) {
      value[0] = distanceOf(j);
      if (value[0] < reach) continue;
      const at = 2 * (groups[j] * bins + Math.min((bits[0] >>> shift) - first, bins - 1));
      sums[at]++;
      sums[at + 1] += value[0];
    }
    return sums;
  };
  return { bins, below: side((j) => lower[j]), above: side((j) => 1 - upper[j]) };
}
