import { type Labels, labelIds } from '../cohort/labels.ts';
import type { ReadSample } from '../cohort/sample.ts';
import type { ProcedureOptions } from '../options/procedure-options.ts';
import type { LearnedSpec } from '../partition/partition-spec.ts';
import { type Centre, centreAt, fitCentre, type OrganCentre } from './centre.ts';
import { gatherRows, type OrganRows } from './opt-rows.ts';
import { growTree, type RegressionTree } from './regression-tree.ts';

/** With fewer opt patients than this, trees have at most `FEW_LEAVES` leaves by organ. */
const FEW_PATIENTS = 8;
const FEW_LEAVES = 64;

/** Voxels that a leaf keeps at least, however many an organ has. */
const LEAST_LEAF = 150;

/** What is learned on the opt scans. */
export interface Learned {
  /** Null where strata are not learned. */
  readonly strata: LearnedSpec | null;
  /** Null where the centre is not corrected. */
  readonly centre: Centre | null;
}

/** Leaves that an option such as `learned:128` asks for; undefined if it asks for none. */
export function learnedLeaves(strata: ProcedureOptions['strata']): number | undefined {
  const [own] = strata;
  return own?.startsWith('learned:') ? Number(own.slice('learned:'.length)) : undefined;
}

/**
 * Learns strata and the corrected centre from the opt scans alone: their voxels' truth, prediction and segmentation.
 * Trees are grown on the signed residual truth − point; with a corrected centre c on truth − c.
 *
 * @param patients number of patients among the opt scans
 */
export async function learn(
  labels: Labels,
  optScans: readonly string[],
  patients: number,
  read: ReadSample,
  { strata, recentre, within }: ProcedureOptions,
): Promise<Learned> {
  const rows = await gatherRows(optScans, read, within);
  const centre = recentre === 'organ' ? fitCentre(rows, labelIds(labels)) : null;
  const asked = learnedLeaves(strata);
  if (asked === undefined) return { strata: null, centre };
  const leaves = patients < FEW_PATIENTS ? Math.min(asked, FEW_LEAVES) : asked;
  const trees: Record<string, RegressionTree> = {};
  for (const [organ, own] of rows) {
    const count = own.truth.length;
    const least = Math.max(LEAST_LEAF, Math.ceil(count / (8 * leaves)));
    const target = residualOf(own, centre?.[organ]);
    trees[organ] = growTree({ columns: own.columns, target }, leaves, least);
  }
  return { strata: { kind: 'learned', trees }, centre };
}

/** The signed residual of every row around the point, or the corrected centre. */
function residualOf({ truth, columns }: OrganRows, centre: OrganCentre | undefined): Float64Array {
  return Float64Array.from(
    truth,
    (x, row) => x - (centre ? centreAt(centre, columns, row) : columns[0][row]),
  );
}
