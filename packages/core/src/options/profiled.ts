import { SemcrcError } from '@semcrc/kernels';
import { isDesigned } from './combination.ts';
import type { HeuristicOptions, Procedure, ProcedureOptions } from './procedure-options.ts';

/** How the profiles were made that stand in for a cohort's voxels. */
export interface ProfiledAs {
  readonly heuristic: Omit<HeuristicOptions, 'shrink'>;
  /** λ up to which lengths are kept exactly, and opt scores up to which the envelope anchor is that of the voxels. */
  readonly reach: number;
  /** What scores were rounded up to multiples of; null where they were not. */
  readonly round: number | null;
}

/** Which options say of what intervals profiles are. */
const HEURISTIC = ['heuristic', 'weightFloor', 'alpha', 'sampleQuantiles'] as const;

/**
 * Refuses what profiles cannot give: whatever needs to know where a voxel is, what its neighbours are, or how far inside its
 * interval the truth lies.
 *
 * @throws SemcrcError `usage` with the reason
 */
export function checkProfiled(
  procedures: readonly Procedure[],
  options: ProcedureOptions,
  profiled: ProfiledAs,
): void {
  const refuse = (reason: string, ...named: string[]): never => {
    throw new SemcrcError('usage', reason, { data: { options: named, procedures } });
  };
  const differing = HEURISTIC.find(
    (name) => usesOption(name, options) && options[name] !== profiled.heuristic[name],
  );
  if (differing !== undefined) {
    refuse(
      `the profiles are of scores under \`${differing}\` ${profiled.heuristic[differing]}, found ${options[differing]}: leave it out, or profile the scans anew`,
      differing,
    );
  }
  if (procedures.includes('k-crc')) {
    refuse('k-crc groups voxels by position, which profiles do not keep: leave it out', 'procedures');
  }
  const designed = procedures.find(isDesigned);
  if (designed !== undefined) {
    refuse(
      `${designed} divides organs by features of their voxels, which profiles do not keep: choose sem-crc with \`anchor\` envelope, \`backtrack\` path and \`sides\` two`,
      'procedures',
    );
  }
  if (options.strata.length > 0) {
    refuse(
      '`strata` go by the intensity, width or surroundings of a voxel, which profiles do not keep: leave them out',
      'strata',
    );
  }
  if (options.recentre !== 'none') {
    refuse(
      '`recentre` corrects the prediction of every voxel, which profiles do not keep: leave it out',
      'recentre',
    );
  }
  if (options.shrink) {
    refuse(
      '`shrink` needs to know how far inside its interval the truth of a covered voxel lies; profiles keep the scores of those outside only: leave it out',
      'shrink',
    );
  }
  if (options.anchorVoxels === 'paper') {
    refuse('`anchorVoxels` paper draws voxels, which profiles do not keep: leave it out', 'anchorVoxels');
  }
  const anchored =
    procedures.includes('sem-crc') || (procedures.includes('organ-crc') && options.control.length > 0);
  const { heuristic } = profiled.heuristic;
  if (anchored && (heuristic === 'multiplicative' || heuristic === 'std')) {
    refuse(
      `an anchor for ${heuristic} needs the widths of single voxels, which profiles do not keep: choose crc or organ-crc`,
      'procedures',
    );
  }
}

/** Whether an option decides on scores under the heuristic chosen. */
function usesOption(name: (typeof HEURISTIC)[number], { heuristic }: ProcedureOptions): boolean {
  if (name === 'weightFloor') return heuristic === 'multiplicative' || heuristic === 'std';
  return name === 'heuristic' || heuristic === 'samples';
}
