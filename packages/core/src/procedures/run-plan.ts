import { SemcrcError } from '@semcrc/kernels';
import { Errors } from 'typebox/value';
import { type Labels, labelIds } from '../cohort/labels.ts';
import { type CohortIndex, checkSplitSizes, drawSplit, type Split } from '../cohort/split.ts';
import { learnedLeaves } from '../learned/learn.ts';
import { checkCombination } from '../options/combination.ts';
import type { ExperimentPlan } from '../options/experiment-plan.ts';
import { knowsWholeSlices, type Preparing } from '../options/preparing.ts';
import { type Procedure, ProcedureOptions, promisesOrgans } from '../options/procedure-options.ts';
import { checkProfiled, type ProfiledAs } from '../options/profiled.ts';
import { leastUnits, type RiskBound } from '../search/bound.ts';
import { boundOf, infeasibleError, optAndCal } from './fit.ts';
import { controlledOrgans, organBound } from './organ-crc.ts';
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
  checkSplitSizes(index, plan, { epsilon: Math.min(...plan.epsilons) });
}

/** Procedures that need no opt scans. */
const UNANCHORED: ReadonlySet<Procedure> = new Set<Procedure>(['crc', 'organ-crc', 'pooled']);

/** Refuses what is learned from slices where the scans to come will not show the slices that calibration sees. */
function checkWholeSlices({ procedures, options }: ExperimentPlan, preparing: Preparing | undefined): void {
  if (knowsWholeSlices(preparing)) return;
  const refuse = (what: string, option: string): never => {
    throw new SemcrcError(
      'usage',
      `${what} is learned from whole slices as the predictor gave them, which these scans do not show (they were resampled, or ` +
        'prepared by a version that kept nothing around what it cropped): prepare them without `spacing`, or choose `strata` intensity:12,width:4',
      { data: { options: [option, 'spacing'] } },
    );
  };
  if (procedures.includes('recentred')) refuse('the centre of recentred', 'procedures');
  if (options.recentre !== 'none') refuse('a corrected centre', 'recentre');
  if (learnedLeaves(options.strata) !== undefined) refuse('a stratum', 'strata');
}

function checkTolerance(plan: ExperimentPlan, epsilon: number, index: LabelledIndex): void {
  const { procedures, options, nOpt, nCal } = plan;
  for (const procedure of procedures) {
    if (procedure !== 'crc' && isAnchored(procedure, options) && nOpt === 0) {
      throw new SemcrcError(
        'usage',
        `${procedure} optimizes an anchor and needs opt scans, found \`nOpt\` 0`,
        {
          data: { options: ['nOpt'], procedure, nOpt },
        },
      );
    }
    const bound = strictestBound(procedure, epsilon, options, index.labels);
    const least = leastUnits(bound);
    const units = calibratesOnOpt(procedure, options) ? nCal : nCal - nOpt;
    if (units < least) throw infeasibleError(procedure, bound, units, least);
  }
}

function isAnchored(procedure: Procedure, options: ProcedureOptions): boolean {
  return !UNANCHORED.has(procedure) || options.control.length > 0;
}

/** Whether a procedure calibrates on opt and cal together. */
export function calibratesOnOpt(procedure: Procedure, options: ProcedureOptions): boolean {
  return procedure === 'crc' || (options.organCal === 'all' && !isAnchored(procedure, options));
}

/** The bound that asks for the most units of a procedure. */
export function strictestBound(
  procedure: Procedure,
  epsilon: number,
  options: ProcedureOptions,
  labels: Labels,
): RiskBound {
  if (procedure === 'organ-crc') {
    return organBound(options, epsilon, controlledOrgans(procedure, options, labels).length);
  }
  if (procedure === 'organ-shortest') return organBound(options, epsilon, labelIds(labels).length);
  return boundOf(options, epsilon);
}
