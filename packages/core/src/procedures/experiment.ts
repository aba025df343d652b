import { SemcrcError } from '@semcrc/kernels';
import { Errors } from 'typebox/value';
import { type Labels, labelIds } from '../cohort/labels.ts';
import { type CohortIndex, checkSplitSizes, drawSplit, type Split } from '../cohort/split.ts';
import { averageEvaluations, meanOverPatients } from '../evaluate/patient-means.ts';
import { sumsOfProfile } from '../evaluate/profile-sums.ts';
import {
  type CalibratedLambda,
  evaluationOf,
  type ScanEvaluation,
  sumsOfScan,
} from '../evaluate/scan-evaluation.ts';
import { learnedLeaves } from '../learned/learn.ts';
import { checkCombination, isDesigned } from '../options/combination.ts';
import type { ExperimentPlan } from '../options/experiment-plan.ts';
import { holdsWholeSlices, methodOf } from '../options/method.ts';
import type { Preparing } from '../options/preparing.ts';
import { type Procedure, ProcedureOptions, promisesOrgans } from '../options/procedure-options.ts';
import { checkProfiled, type ProfiledAs } from '../options/profiled.ts';
import type { PositionSpec } from '../partition/partition-spec.ts';
import { weighted } from '../profile/interval.ts';
import type { ProfileOptions } from '../profile/profile.ts';
import { type MoreScans, type RunRecord, runRecord, sitesRecord } from '../records/run.ts';
import { leastUnits } from '../search/bound.ts';
import { type AnchoredGroups, fitAnchored, groupsOf } from './anchored.ts';
import { fitCrc } from './crc.ts';
import {
  boundOf,
  type CalibrationData,
  type Fit,
  type FitOptions,
  infeasibleError,
  optAndCal,
  secondsSince,
} from './fit.ts';
import { controlledOrgans, fitOrganCrc, organBound } from './organ-crc.ts';
import { fitOrganShortest } from './organ-shortest.ts';
import { unitsOfSite } from './sites.ts';

/** What planning needs of a cohort; a source has it. */
export interface LabelledIndex extends CohortIndex {
  readonly labels: Labels;
  /** How the scans were made, where the source tells. */
  readonly preparing?: Preparing | undefined;
  /** Site of each scan, where the source names sites. */
  readonly sites?: readonly string[] | undefined;
  /** How the profiles were made that stand in for voxels, where they do. */
  readonly profiled?: ProfiledAs | undefined;
}

/** One run: the split that all its procedures share. */
export interface RunPlan {
  readonly run: number;
  readonly split: Split;
}

/**
 * The runs of an experiment, after everything that can be refused beforehand has been: sizes that do not fit the cohort
 * and combinations that make no sense (`usage`), n too small for one of the tolerances (`infeasible`).
 */
export function planRuns(plan: ExperimentPlan, index: LabelledIndex): RunPlan[] {
  checkPlan(plan, index);
  for (const epsilon of plan.epsilons) checkTolerance(plan, epsilon, index);
  const runs = Array.from({ length: plan.runs }, (_, run) => ({
    run,
    split: drawSplit(index, plan, plan.seed, run),
  }));
  if (plan.options.sites === 'each') for (const run of runs) checkSites(plan, run, index);
  return runs;
}

/** Refuses a run in which a site has too few calibration units for what it is to be promised. */
function checkSites(
  { procedures, options, epsilons }: ExperimentPlan,
  { run, split }: RunPlan,
  { ids, patients, sites }: LabelledIndex,
): void {
  if (sites === undefined) {
    throw new SemcrcError(
      'usage',
      '`sites` each promises the risk of every site, and the cohort names none: give the manifest a column `site`, or leave it out',
      { data: { options: ['sites'] } },
    );
  }
  const placeOf = new Map(ids.map((id, at) => [id, at]));
  for (const procedure of procedures.filter((own) => !promisesOrgans(own))) {
    const units = new Map([...new Set(sites)].map((site) => [site, new Set<string>()]));
    for (const id of procedure === 'crc' ? optAndCal(split) : split.cal) {
      const at = placeOf.get(id) as number;
      units.get(sites[at])?.add(patients[at]);
    }
    for (const epsilon of epsilons) {
      const bound = boundOf(options, epsilon);
      const least = leastUnits(bound);
      for (const [site, own] of units) {
        if (own.size >= least) continue;
        throw infeasibleError(procedure, bound, own.size, least, `${unitsOfSite(site)} in run ${run}`);
      }
    }
  }
}

function checkPlan(plan: ExperimentPlan, index: LabelledIndex): void {
  const { procedures, options, runs, seed } = plan;
  if (procedures.length === 0) throw new SemcrcError('usage', 'name at least one procedure');
  if (!Number.isInteger(runs) || runs < 1) {
    throw new SemcrcError('usage', `\`runs\` must be a whole number from 1, found ${runs}`, {
      data: { options: ['runs'], runs },
    });
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new SemcrcError('usage', `\`seed\` must be a whole number from 0 to 4294967295, found ${seed}`, {
      data: { options: ['seed'], seed },
    });
  }
  const [problem] = Errors(ProcedureOptions, options);
  if (problem) {
    const [, option = 'options'] = problem.instancePath.split('/');
    const found = JSON.stringify((options as Readonly<Record<string, unknown>>)[option]);
    throw new SemcrcError('usage', `\`${option}\` ${problem.message}, found ${found}`, {
      data: { options: [option] },
    });
  }
  if (index.profiled) checkProfiled(procedures, options, index.profiled);
  checkCombination(procedures, options);
  checkWholeSlices(plan, index.preparing);
  checkSplitSizes(index, plan);
}

/** Procedures that need no opt scans. */
const UNANCHORED: ReadonlySet<Procedure> = new Set<Procedure>(['crc', 'organ-crc', 'pooled']);

/** Refuses what is learned from slices where the scans to come will not show the slices that calibration sees. */
function checkWholeSlices({ procedures, options }: ExperimentPlan, preparing: Preparing | undefined): void {
  if (holdsWholeSlices(preparing)) return;
  const refuse = (what: string, option: string): never => {
    throw new SemcrcError(
      'usage',
      `${what} is learned from whole slices as the predictor gave them, which these scans are not (they were resampled, ` +
        'cropped or padded): prepare them with `prepare` none, or choose `strata` intensity:12,width:4',
      { data: { options: [option, 'prepare'] } },
    );
  };
  if (procedures.includes('recentred')) refuse('the centre of recentred', 'procedures');
  if (options.recentre !== 'none') refuse('a corrected centre', 'recentre');
  if (learnedLeaves(options.strata) !== undefined) refuse('a stratum', 'strata');
}

function checkTolerance(plan: ExperimentPlan, epsilon: number, index: LabelledIndex): void {
  const { procedures, options, nOpt, nCal } = plan;
  for (const procedure of procedures) {
    const anchored = !UNANCHORED.has(procedure) || options.control.length > 0;
    if (anchored && procedure !== 'crc' && nOpt === 0) {
      throw new SemcrcError(
        'usage',
        `${procedure} optimizes an anchor and needs opt scans, found \`nOpt\` 0`,
        {
          data: { options: ['nOpt'], procedure, nOpt },
        },
      );
    }
    const bound =
      procedure === 'organ-crc'
        ? organBound(options, epsilon, controlledOrgans(procedure, options, index.labels).length)
        : procedure === 'organ-shortest'
          ? organBound(options, epsilon, labelIds(index.labels).length)
          : boundOf(options, epsilon);
    const least = leastUnits(bound);
    const all = procedure === 'crc' || (options.organCal === 'all' && !anchored);
    const units = all ? nCal : nCal - nOpt;
    if (units < least) throw infeasibleError(procedure, bound, units, least);
  }
}

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
  const stream = { seed, run: run.run, more: run.run === 0 };
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

/** Mean and population standard deviation over runs; null where no run has a value. */
export interface MeanAndSd {
  readonly mean: number;
  readonly sd: number;
}

export interface SummaryRow {
  readonly procedure: Procedure;
  readonly runs: number;
  readonly risk: MeanAndSd | null;
  readonly length: MeanAndSd | null;
}

/** Per procedure, in order of first appearance, the mean and population sd over runs of test risk and length. */
export function summarize(records: readonly RunRecord[]): SummaryRow[] {
  const procedures = [...new Set(records.map(({ procedure }) => procedure))];
  return procedures.map((procedure) => {
    const own = records.filter((record) => record.procedure === procedure);
    const tests = own.flatMap(({ test }) => (test ? [test] : []));
    return {
      procedure,
      runs: own.length,
      risk: meanAndSd(tests.map((test) => test.risk)),
      length: meanAndSd(tests.map((test) => test.length)),
    };
  });
}

function meanAndSd(values: readonly number[]): MeanAndSd | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, sd: Math.sqrt(square) };
}
