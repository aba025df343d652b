import type { Split } from '../cohort/split.ts';
import type { CalibratedLambda } from '../evaluate/calibrated-lambda.ts';
import { sumsOfScan } from '../evaluate/organ-sums.ts';
import { averageEvaluations, meanOverPatients } from '../evaluate/patient-means.ts';
import { sumsOfProfile } from '../evaluate/profile-sums.ts';
import { evaluationOf, type ScanEvaluation } from '../evaluate/scan-evaluation.ts';
import { isDesigned } from '../options/combination.ts';
import type { ExperimentPlan } from '../options/experiment-plan.ts';
import { methodOf } from '../options/method.ts';
import type { Procedure, ProcedureOptions } from '../options/procedure-options.ts';
import type { PositionSpec } from '../partition/partition-spec.ts';
import { weighted } from '../profile/interval.ts';
import type { ProfileOptions } from '../profile/profile.ts';
import { type MoreScans, type RunRecord, runRecord, sitesRecord } from '../records/run.ts';
import { fitAnchored } from './anchored.ts';
import { type AnchoredGroups, groupsOf } from './anchored-groups.ts';
import { fitCrc } from './crc.ts';
import { boundOf, type CalibrationData, type Fit, type FitOptions, secondsSince } from './fit.ts';
import { fitOrganCrc } from './organ-crc.ts';
import { fitOrganShortest } from './organ-shortest.ts';
import type { RunPlan } from './run-plan.ts';

/** Whether scans are profiled for one split alone: their groups or intervals are. */
function profiledAnew({ strata, shrink, recentre }: ProcedureOptions): boolean {
  return strata.length > 0 || shrink || recentre !== 'none';
}

/** What a plan's runs need kept in each scan's profile. */
export function profileOptionsOf(
  procedures: readonly Procedure[],
  options: ProcedureOptions,
): ProfileOptions {
  return {
    // Designs without a profile of their own count sides apart.
    sides: options.sides === 'two' || (weighted(options) && procedures.some(isDesigned)) ? 2 : 1,
    within: options.within,
    // Scans are profiled anew where intervals may shrink.
    heuristic: { ...options, shrink: false },
    merged: procedures.includes('crc'),
    pixels: procedures.includes('k-crc'),
    lengths: procedures.some((procedure) => procedure !== 'k-crc') && !profiledAnew(options),
  };
}

/** All procedures of one split at one tolerance. */
export interface SplitFits {
  readonly fits: readonly Fit[];
  /** K-CRC's position map, where K-CRC was asked for. */
  readonly positions: PositionSpec | null;
}

/**
 * Calibrates every procedure on one split, at each tolerance: anchors gather their voxels once for all of them.
 *
 * @returns one entry per tolerance, its fits in the order of `procedures`
 */
export async function fitSplit(
  data: CalibrationData,
  split: Split,
  procedures: readonly Procedure[],
  epsilons: readonly number[],
  options: ProcedureOptions,
  stream: { readonly seed: number; readonly run: number } & FitOptions,
): Promise<SplitFits[]> {
  const bounds = epsilons.map((epsilon) => boundOf(options, epsilon));
  const controlled = procedures.includes('organ-crc') && options.control.length > 0;
  const anchored = new Map<Procedure, readonly Fit[]>();
  const divided = new Map<string, AnchoredGroups>();
  let positions: PositionSpec | null = null;
  const wanted =
    controlled && !procedures.includes('sem-crc') ? [...procedures, 'sem-crc' as const] : procedures;
  for (const procedure of wanted) {
    const { kind, options: own } = methodOf(procedure, options, data.preparing);
    if (kind !== 'k-crc' && kind !== 'sem-crc' && kind !== 'organ-shortest') continue;
    const division = JSON.stringify([kind === 'k-crc', own.strata, own.shrink, own.recentre, own.sides]);
    const groups =
      divided.get(division) ?? (await groupsOf(data, split, own, kind === 'k-crc' ? 'k-crc' : 'sem-crc'));
    divided.set(division, groups);
    if (groups.partition.spec.kind === 'position') positions = groups.partition.spec;
    const fits =
      kind === 'organ-shortest'
        ? await fitOrganShortest(data, split, epsilons, own, groups)
        : await fitAnchored(data, split, bounds, own, kind, groups, stream);
    anchored.set(
      procedure,
      fits.map((fit) => ({ ...fit, procedure })),
    );
  }
  const fitsOf = (procedure: Procedure): readonly Fit[] => {
    switch (procedure) {
      case 'crc':
        return fitCrc(data, split, bounds, { ...stream, sites: options.sites });
      case 'organ-crc': {
        const semantic = controlled ? anchored.get('sem-crc')! : null;
        return fitOrganCrc(data, split, epsilons, options, procedure, semantic);
      }
      case 'pooled':
        return fitOrganCrc(data, split, epsilons, options, procedure, null);
      default:
        return anchored.get(procedure)!;
    }
  };
  const fits = procedures.map(fitsOf);
  return epsilons.map((_, i) => ({ fits: fits.map((own) => own[i]), positions }));
}

/**
 * Evaluates fits on labelled scans. A scan's voxels are read at most once, and only where its profile does not suffice.
 *
 * @returns one list of scan evaluations per fit, in scan order
 */
export async function evaluateFits(
  data: CalibrationData,
  fits: readonly CalibratedLambda[],
  scans: readonly string[],
  profiling: ProfileOptions,
): Promise<ScanEvaluation[][]> {
  const evaluations: ScanEvaluation[][] = fits.map(() => []);
  for (const id of scans) {
    const profile = data.profileOf(id);
    const sums = new Map(fits.map((fit) => [fit, sumsOfProfile(profile, fit)]));
    const unknown = fits.filter((fit) => sums.get(fit) === null);
    if (unknown.length > 0) {
      const read = sumsOfScan(data.kernels, await data.read(id), profile, unknown, profiling);
      for (const [at, fit] of unknown.entries()) sums.set(fit, read[at]);
    }
    for (const [at, fit] of fits.entries()) evaluations[at].push(evaluationOf(profile, sums.get(fit)!));
  }
  return evaluations;
}

/** For each fit, the mean length on labelled scans at the λ̂ that more units like its own would give; empty without scans. */
export async function lengthsWithMore(
  data: CalibrationData,
  fits: readonly Fit[],
  scans: readonly string[],
  profiling: ProfileOptions,
): Promise<MoreScans[][]> {
  if (scans.length === 0) return fits.map(() => []);
  const asked = fits.flatMap((fit) =>
    fit.more.map(({ units, lambda }) => ({ fit, units, calibrated: { ...fit, lambda } })),
  );
  const evaluations = await evaluateFits(
    data,
    asked.map(({ calibrated }) => calibrated),
    scans,
    profiling,
  );
  const lengths = asked.map(({ fit, units }, at) => ({
    fit,
    n: units,
    length: meanOverPatients(evaluations[at], ({ length }) => length),
  }));
  return fits.map((fit) =>
    lengths.flatMap(({ fit: own, n, length }) => (own === fit ? [{ n, length }] : [])),
  );
}

/** One run's results at one tolerance. */
export interface RunResult {
  /** One record per procedure, in the order of the plan. */
  readonly records: readonly RunRecord[];
  readonly positions: PositionSpec | null;
}

/**
 * One run of an experiment at each tolerance: all procedures calibrated on the run's split and evaluated on its test
 * scans. A pure function of its arguments but for the `seconds` it reports.
 */
export async function runOne(
  data: CalibrationData,
  plan: ExperimentPlan,
  run: RunPlan,
): Promise<RunResult[]> {
  const { options, epsilons, seed } = plan;
  const split = { opt: [...run.split.opt], cal: [...run.split.cal], test: [...run.split.test] };
  // What more scans would give is computed in one run only: it costs as much as finding λ̂.
  const stream = { seed, run: run.run, more: run.run === 0 ? epsilons : [] };
  const fitted = await fitSplit(data, split, plan.procedures, epsilons, options, stream);
  const start = performance.now();
  const fits = fitted.flatMap(({ fits }) => fits);
  const profiling = profileOptionsOf(plan.procedures, options);
  const evaluations = await evaluateFits(data, fits, split.test, profiling);
  const means = new Map(fits.map((fit, at) => [fit, averageEvaluations(evaluations[at])]));
  const sitesOf = new Map(
    fits.map((fit, at) => [fit, sitesRecord(fit, options.sites, evaluations[at], data.siteOf)]),
  );
  const more = await lengthsWithMore(data, fits, split.test, profiling);
  const moreOf = new Map(fits.map((fit, at) => [fit, more[at]]));
  const seconds = secondsSince(start) / fits.length;
  return fitted.map(({ fits, positions }) => ({
    records: fits.map((fit) =>
      runRecord(fit, run.run, split, means.get(fit) ?? null, moreOf.get(fit)!, seconds, sitesOf.get(fit)),
    ),
    positions,
  }));
}
