import type { Split } from '../cohort/split.ts';
import type { Centre } from '../learned/centre.ts';
import { learn, learnedLeaves } from '../learned/learn.ts';
import type { ProcedureOptions } from '../options/procedure-options.ts';
import { makePartition, type Partition } from '../partition/partition.ts';
import type { PartitionSpec } from '../partition/partition-spec.ts';
import { positionMap } from '../partition/position-map.ts';
import { cutStrata } from '../partition/strata.ts';
import { divideByPosition, positionsOfScan } from '../profile/position-profile.ts';
import { buildProfile, type Profile } from '../profile/profile.ts';
import type { Sides } from '../profile/sorted-scores.ts';
import type { CalibrationData } from './fit.ts';

/** The groups of an anchored procedure on one split: the same for every tolerance. */
export interface AnchoredGroups {
  readonly partition: Partition;
  /** The same groups as losses of scans are counted in: organs apart only where groups go by organ. */
  readonly counted: Partition;
  /** Corrected centre that intervals grow from, or null. */
  readonly centre: Centre | null;
  /** Profiles of scans of the cohort over `counted`; they may lie on the arena, above the mark the caller took. */
  readonly profilesOf: (ids: readonly string[]) => Promise<Profile[]>;
}

/** K-CRC's groups come from the opt scans' losses; sem-CRC's are the organs, or strata cut on the opt scans. */
export async function groupsOf(
  data: CalibrationData,
  split: Split,
  options: ProcedureOptions,
  procedure: 'k-crc' | 'sem-crc',
): Promise<AnchoredGroups> {
  if (procedure === 'k-crc') {
    const spec = positionMap(split.opt.map(data.profileOf));
    return {
      partition: makePartition(spec, data.labels),
      counted: positionsOfScan(spec),
      centre: null,
      profilesOf: async (ids) => divideByPosition(data.kernels, ids.map(data.profileOf), spec),
    };
  }
  if (options.strata.length === 0 && !options.shrink && options.recentre === 'none') {
    const partition = makePartition({ kind: 'organ' }, data.labels);
    return {
      partition,
      counted: partition,
      centre: null,
      profilesOf: async (ids) => ids.map(data.profileOf),
    };
  }
  const { spec, centre } = await divisionOf(data, split, options);
  const partition = makePartition(spec, data.labels);
  const profiling = { sides: sidesOf(options), within: options.within, heuristic: options, centre };
  return {
    partition,
    counted: partition,
    centre,
    profilesOf: async (ids) => {
      const profiles: Profile[] = [];
      for (const id of ids) {
        profiles.push(buildProfile(data.kernels, await data.read(id), partition, profiling));
      }
      return profiles;
    },
  };
}

/** Organs, strata cut or learned on the opt scans, and the centre learned there. */
async function divisionOf(
  { kernels, labels, read, profileOf }: CalibrationData,
  { opt }: Split,
  options: ProcedureOptions,
): Promise<{ readonly spec: PartitionSpec; readonly centre: Centre | null }> {
  const { strata, recentre } = options;
  const learned = learnedLeaves(strata) !== undefined;
  const { strata: grown, centre } =
    learned || recentre !== 'none'
      ? await learn(labels, opt, new Set(opt.map((id) => profileOf(id).patient)).size, read, options)
      : { strata: null, centre: null };
  if (grown) return { spec: grown, centre };
  const spec: PartitionSpec =
    strata.length === 0 ? { kind: 'organ' } : await cutStrata(kernels, labels, strata, opt, read);
  return { spec, centre };
}

export const sidesOf = (options: ProcedureOptions): Sides => (options.sides === 'two' ? 2 : 1);
