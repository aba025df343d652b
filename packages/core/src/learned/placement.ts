import type { Sample } from '../cohort/sample.ts';
import type { HeuristicOptions } from '../options/procedure-options.ts';
import { type Partition, regionsOfSample } from '../partition/partition.ts';
import { type Interval, intervalOf } from '../profile/interval.ts';
import { type Centre, centreAt } from './centre.ts';
import { FeatureReader } from './opt-rows.ts';
import type { RegressionTree } from './regression-tree.ts';
import { isActive } from './slice-features.ts';

/** A scan as λ sees it. */
export interface Placement {
  /** Intervals before any λ. */
  readonly interval: Interval;
  /** Region of every voxel in the partition. */
  readonly regions: Uint8Array | Uint16Array;
}

/**
 * Intervals and regions of a scan's voxels. Learned strata and corrected centres are functions of whole slices: the sample must
 * hold the slices as the predictor gave them, in RAS order, neither cropped nor padded.
 *
 * @param centre around which intervals lie in place of the heuristic's, or null
 */
export function placeSample(
  sample: Sample,
  partition: Partition,
  heuristic: HeuristicOptions,
  centre: Centre | null = null,
): Placement {
  const { spec, regionsPerOrgan } = partition;
  if (spec.kind !== 'learned' && centre === null) {
    return { interval: intervalOf(sample, heuristic), regions: regionsOfSample(partition, sample) };
  }
  const { organs, lower, upper, shape } = sample;
  const plane = shape[1] * shape[2];
  const trees = spec.kind === 'learned' ? treesByLabel(spec.trees) : null;
  const regions = trees ? new Uint16Array(organs.length) : regionsOfSample(partition, sample);
  const centres = centre === null ? null : new Float32Array(organs.length);
  reader.forEachSlice(sample, (planes, start, point) => {
    for (let i = 0; i < plane; i++) {
      const voxel = start + i;
      const organ = organs[voxel];
      const p = point[voxel];
      const active = isActive(lower[voxel], upper[voxel], p);
      if (trees) {
        const tree = trees[organ];
        // The first part of an organ holds what is not active.
        const part = active && tree ? 1 + leafAt(tree, planes, i) : 0;
        regions[voxel] = organ * regionsPerOrgan + part;
      }
      if (centres && centre) centres[voxel] = active ? centreAt(centre[organ], planes, i) : p;
    }
  });
  const interval = centres ? { lower: centres, upper: centres } : intervalOf(sample, heuristic);
  return { interval, regions };
}

/** Features are computed into the same memory, scan after scan. */
const reader = new FeatureReader();

/** A tree as the inner loop reads it. */
interface PackedTree {
  readonly feature: Int8Array;
  readonly cut: Float32Array;
  readonly right: Uint16Array;
}

const packed = new WeakMap<object, readonly (PackedTree | undefined)[]>();

/** Trees by label, packed once for each model: it places scan after scan. */
function treesByLabel(trees: Readonly<Record<string, RegressionTree>>): readonly (PackedTree | undefined)[] {
  let own = packed.get(trees);
  if (!own) {
    const byLabel: (PackedTree | undefined)[] = [];
    for (const [label, { feature, cut, right }] of Object.entries(trees)) {
      byLabel[Number(label)] = {
        feature: Int8Array.from(feature),
        cut: Float32Array.from(cut),
        right: Uint16Array.from(right),
      };
    }
    own = byLabel;
    packed.set(trees, own);
  }
  return own;
}

/** Leaf of the voxel whose features stand at `at` of the planes. */
function leafAt({ feature, cut, right }: PackedTree, planes: readonly Float32Array[], at: number): number {
  let node = 0;
  while (feature[node] >= 0) node = planes[feature[node]][at] <= cut[node] ? node + 1 : right[node];
  return right[node];
}
