import { type Losses, lossesOf } from '../evaluate/losses.ts';
import type { ProcedureOptions } from '../options/procedure-options.ts';
import type { Profile } from '../profile/profile.ts';
import { type Backtracked, backtrack } from '../search/backtrack.ts';
import type { RiskBound } from '../search/bound.ts';
import type { LambdaFamily } from '../search/lambda-family.ts';
import type { LossTable } from '../search/loss-table.ts';

/** Site of a scan, by its id. */
export type SiteOf = (scan: string) => string;

/** The units of one site, whose losses are judged on their own. */
export interface SiteTable {
  readonly site: string;
  readonly table: LossTable;
}

/** An outcome, and the site that it is infeasible for. */
export type BacktrackedAtSites = Backtracked & { readonly site?: string };

/**
 * The tables by which λ is judged: one for each site in order of its name where every site is promised its own risk; none
 * where all units are judged together.
 */
export function tablesOfSites(
  profiles: readonly Profile[],
  { sites }: Pick<ProcedureOptions, 'sites'>,
  siteOf: SiteOf | undefined,
  tableOf: (profiles: readonly Profile[]) => LossTable,
): readonly SiteTable[] {
  if (sites === 'pooled' || siteOf === undefined) return [];
  const names = [...new Set(profiles.map(({ scan }) => siteOf(scan)))].sort();
  return names.map((site) => ({
    site,
    table: tableOf(profiles.filter(({ scan }) => siteOf(scan) === site)),
  }));
}

/**
 * The largest of the least t that the bound accepts at each site: t is accepted at every one of them, since no loss grows
 * with it, and Proposition 1 holds for each site by itself. Without sites, that of all units.
 *
 * @param whole all units: `losses` are theirs
 */
export function backtrackAtSites(
  whole: LossTable,
  sites: readonly SiteTable[],
  family: LambdaFamily,
  bound: RiskBound,
): BacktrackedAtSites {
  if (sites.length === 0) return backtrack(whole, family, bound);
  let t = family.start;
  for (const { site, table } of sites) {
    const own = backtrack(table, family, bound);
    if (own.state === 'infeasible') return { ...own, site };
    t = Math.max(t, own.t);
  }
  const lambda = new Float32Array(family.size);
  family.at(t, lambda);
  return {
    state: 'calibrated',
    t,
    lambda,
    units: whole.units.length,
    losses: lossesOf(whole.evaluate(lambda)),
  };
}

/** Losses of the units of each site at λ, in order of the sites' names; undefined where there are no sites. */
export function lossesBySite(
  profiles: readonly Profile[],
  siteOf: SiteOf | undefined,
  table: LossTable,
  lambda: Float32Array,
): Readonly<Record<string, Losses>> | undefined {
  if (siteOf === undefined) return undefined;
  const siteOfUnit = new Map(profiles.map(({ scan, patient }) => [patient, siteOf(scan)]));
  const bySite = new Map<string, number[]>();
  const losses = table.evaluate(lambda);
  for (const [unit, patient] of table.units.entries()) {
    const site = siteOfUnit.get(patient) as string;
    const own = bySite.get(site) ?? [];
    bySite.set(site, own);
    own.push(losses[unit]);
  }
  const sorted = [...bySite].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([site, own]) => [site, lossesOf(own)]));
}

/** Whose units are too few, in words. */
export const unitsOfSite = (site: string | undefined): string =>
  site === undefined ? 'calibration scans (patients)' : `calibration scans (patients) of site ${site}`;
