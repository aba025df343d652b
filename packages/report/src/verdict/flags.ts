import type { AnchorRecord, MendedVoxels, RunRecord } from '@semcrc/core';
import { counted, listed, plainPercent } from '../words.ts';

/** How much a reader must know something: `red` the result may be wrong; `amber` it says less than it seems; `note`. */
export type Weight = 'red' | 'amber' | 'note';

/** Something a reader must not overlook. */
export interface Flag {
  readonly weight: Weight;
  readonly title: string;
  readonly text: string;
}

/** Scans, or patients, that stand in more than one part of a split. */
export function overlapFlag(
  splits: readonly RunRecord['split'][],
  patients: Readonly<Record<string, string>> | undefined,
): Flag[] {
  const unit = (scan: string) => (patients && Object.hasOwn(patients, scan) ? patients[scan] : scan);
  const shared = new Set<string>();
  for (const { opt, cal, test } of splits) {
    const seen = new Map<string, number>();
    for (const [part, scans] of [opt, cal, test].entries()) {
      for (const scan of scans) {
        const before = seen.get(unit(scan));
        if (before !== undefined && before !== part) shared.add(unit(scan));
        seen.set(unit(scan), part);
      }
    }
  }
  if (shared.size === 0) return [];
  return [
    {
      weight: 'red',
      title: 'Scans on both sides of a split',
      text: `${counted(shared.size, 'patient')} (${listed([...shared].slice(0, 5))}${shared.size > 5 ? ' …' : ''}) stand in more than one of optimization, calibration and test. What is measured on scans that were calibrated on says little about new ones.`,
    },
  ];
}

/** Organs without a λ of their own. @param statuses by organ name, how many runs left it infeasible or absent */
export function organFlags(
  statuses: readonly { readonly name: string; readonly infeasible: number; readonly absent: number }[],
  runs: number,
  epsilon: number,
): Flag[] {
  const often = (count: number) => (runs === 1 ? '' : ` (${count} of ${counted(runs, 'run')})`);
  const infeasible = statuses.filter(({ infeasible }) => infeasible > 0);
  const absent = statuses.filter(({ absent }) => absent > 0);
  return [
    ...(infeasible.length === 0
      ? []
      : [
          {
            weight: 'amber' as const,
            title: 'Organs with too few scans',
            text: `${listed(infeasible.map(({ name, infeasible }) => `${name}${often(infeasible)}`))}: too few calibration scans contain them for ${plainPercent(epsilon)}; their interval is the whole range.`,
          },
        ]),
    ...(absent.length === 0
      ? []
      : [
          {
            weight: 'amber' as const,
            title: 'Organs in no calibration scan',
            text: `${listed(absent.map(({ name, absent }) => `${name}${often(absent)}`))}: nothing was calibrated, and their interval is the whole range.`,
          },
        ]),
  ];
}

/** Absent groups of an anchor whose organ has no other group that was seen. */
function unseen({ lambda, absent }: AnchorRecord): string[] {
  const organOf = (group: string) => group.split('/')[0];
  const seen = new Set(
    Object.keys(lambda)
      .filter((group) => !absent.includes(group))
      .map(organOf),
  );
  return absent.filter((group) => !seen.has(organOf(group)));
}

/** What is to be said of an anchor: γ at the end of its range, groups it never saw. */
export function anchorFlags(
  procedure: string,
  anchors: readonly (AnchorRecord | null)[],
  nameOf: (group: string) => string,
): Flag[] {
  const known = anchors.filter((anchor) => anchor !== null);
  const atEnd = known.filter((anchor) => anchor.method === 'gamma' && anchor.atRangeEnd).length;
  const absent = [...new Set(known.flatMap(unseen).map(nameOf))];
  const runs = anchors.length === 1 ? '' : ` in ${atEnd} of ${anchors.length} runs`;
  return [
    ...(atEnd === 0
      ? []
      : [
          {
            weight: 'note' as const,
            title: 'γ at the end of its range',
            text: `${procedure}: the surrogate’s γ stands at an end of the range tried${runs}. Intervals might be a little shorter beyond it; the promise does not depend on it.`,
          },
        ]),
    ...(absent.length === 0
      ? []
      : [
          {
            weight: 'amber' as const,
            title: 'Groups that no optimization scan contains',
            text: `${procedure}: ${listed(absent)}. They take the largest λ of the groups that were seen.`,
          },
        ]),
  ];
}

/** Predictions that reading had to mend. */
export function mendedFlags(mended: MendedVoxels | null): Flag[] {
  if (mended === null || mended.clipped + mended.crossed === 0) return [];
  const parts = [
    ...(mended.clipped > 0
      ? [`${counted(mended.clipped, 'voxel')} outside the window were clipped to it`]
      : []),
    ...(mended.crossed > 0
      ? [`${counted(mended.crossed, 'voxel')} had a lower bound above the upper, and were swapped`]
      : []),
  ];
  return [
    {
      weight: mended.crossed > 0 ? 'amber' : 'note',
      title: 'Predictions mended on reading',
      text: `${parts.join('; ')}.`,
    },
  ];
}

/** Too few scans to say much. @param n calibration units */
export function sizeFlags(n: number, test: number, epsilon: number, bound: string): Flag[] {
  const slack = (1 - epsilon) / n;
  return [
    ...(bound === 'crc' && slack > epsilon / 4
      ? [
          {
            weight: 'amber' as const,
            title: 'Few calibration scans',
            text: `With n = ${n} calibration has to aim at ${(100 * (epsilon - slack)).toFixed(1)}% to promise ${plainPercent(epsilon)}: intervals are longer than these scans would need with more of them.`,
          },
        ]
      : []),
    ...(test > 0 && test < 30
      ? [
          {
            weight: 'note' as const,
            title: 'Few test scans',
            text: `${counted(test, 'held-out patient')} measure the risk only roughly.`,
          },
        ]
      : []),
  ];
}

/** Share of voxels beyond the body that padding or air may be. @param share of the cohort's voxels that are background */
export function backgroundFlag(share: number | null, within: string): Flag[] {
  if (share === null || share < 0.5 || within === 'body') return [];
  return [
    {
      weight: 'note',
      title: 'Mostly background',
      text: `${plainPercent(Math.round(share * 100) / 100)} of the scans’ voxels are background or padding, which is easily covered; the risk inside the body is larger than that of the scan. Counting losses within the body alone tells it.`,
    },
  ];
}
