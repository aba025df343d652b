import {
  type Cohort,
  defaultSizes,
  type ExperimentPlan,
  type Labels,
  PAPER_PROCEDURES,
  PRESETS,
  type ProcedureOptions,
  ExperimentPlan as planSchema,
  type SplitSizes,
  shortestOptions,
} from '@semcrc/core';
import { canonicalName } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import { Create } from 'typebox/value';

const { epsilons, runs: runsSchema, seed: seedSchema } = planSchema.properties;

/** What may be said of a plan; the rest has defaults. */
export type PlanSettings = {
  readonly [Name in keyof (Omit<ExperimentPlan, 'options' | 'epsilons'> & ProcedureOptions)]?:
    | (Omit<ExperimentPlan, 'options' | 'epsilons'> & ProcedureOptions)[Name]
    | undefined;
} & { readonly epsilon?: number | undefined; readonly preset?: keyof typeof PRESETS | undefined };

/** A plan with every default filled in. */
export interface ResolvedPlan extends SplitSizes {
  readonly procedures: ExperimentPlan['procedures'];
  readonly epsilon: number;
  readonly runs: number;
  readonly seed: number;
  readonly preset: keyof typeof PRESETS;
  /** `control` names organs as they were given. */
  readonly options: ProcedureOptions;
}

/** The tolerance that settings name. */
export const toleranceOf = ({ epsilon = Create(epsilons.items) }: PlanSettings): number => epsilon;

/**
 * Fills in what was not said, sizes by the cohort's patients.
 *
 * @param smallest tolerance that the split is for, where it serves several
 */
export function resolvePlan(
  settings: PlanSettings,
  cohort: Pick<Cohort, 'patients' | 'preparing' | 'profiled'>,
  smallest = toleranceOf(settings),
): ResolvedPlan {
  const { preset = 'paper' } = settings;
  const sizes = given(settings, ['nOpt', 'nCal', 'nTest']);
  const patients = new Set(cohort.patients).size;
  const designed =
    preset === 'shortest' ? shortestOptions(cohort.preparing, settings.heuristic) : PRESETS[preset];
  const options = cohort.profiled
    ? { ...(asksForDesign(settings) ? designed : PROFILED_DESIGN), ...cohort.profiled.heuristic }
    : designed;
  return {
    procedures: settings.procedures ?? (cohort.profiled ? ['sem-crc'] : defaultProcedures(settings)),
    epsilon: toleranceOf(settings),
    runs: settings.runs ?? Create(runsSchema),
    seed: settings.seed ?? Create(seedSchema),
    ...defaultSizes(patients, sizes, { preset: settings.preset, epsilon: smallest }),
    preset,
    options: { ...options, ...given(settings, Object.keys(options) as (keyof ProcedureOptions)[]) },
  };
}

/** Options that make a design of one's own. */
export const DESIGN: readonly (keyof PlanSettings)[] = [
  ...(['preset', 'anchor', 'anchorVoxels', 'gap', 'backtrack'] as const),
  ...(['sides', 'strata', 'shrink', 'recentre'] as const),
];

/** The shortest intervals that profiles give: those of sem-crc without strata. */
const PROFILED_DESIGN: ProcedureOptions = {
  ...PRESETS.paper,
  ...{ anchor: 'envelope', backtrack: 'path', sides: 'two' },
};

/** Whether procedures or a design were named: what profiles are calibrated by is then as it was said. */
const asksForDesign = (settings: PlanSettings): boolean =>
  settings.procedures !== undefined || DESIGN.some((name) => settings[name] !== undefined);

/** The paper's four and the shortest; with a preset those that take all that it sets. */
function defaultProcedures({ preset }: PlanSettings): ExperimentPlan['procedures'] {
  if (preset === undefined) return [...PAPER_PROCEDURES, 'shortest'];
  return preset === 'paper' ? PAPER_PROCEDURES : ['sem-crc'];
}

/** Those of some settings that were given. */
function given<Name extends keyof PlanSettings>(
  settings: PlanSettings,
  names: readonly Name[],
): { [Given in Name]?: NonNullable<PlanSettings[Given]> } {
  const entries = names.filter((name) => settings[name] !== undefined).map((name) => [name, settings[name]]);
  return Object.fromEntries(entries);
}

/** What the runner is asked to do. @param labels of the cohort: `control` is spelt as they are */
export function planOf(resolved: ResolvedPlan, labels: Labels): ExperimentPlan {
  const { procedures, epsilon, runs, seed, nOpt, nCal, nTest, options } = resolved;
  const control = options.control.map((name) => labelNamed(name, labels));
  const sizes = { nOpt, nCal, nTest };
  return { procedures, epsilons: [epsilon], runs, seed, ...sizes, options: { ...options, control } };
}

function labelNamed(name: string, labels: Labels): string {
  const found = Object.values(labels).find((label) => canonicalName(label) === canonicalName(name));
  if (found !== undefined) return found;
  throw new SemcrcError(
    'usage',
    `\`control\` names ${name}, which the cohort does not have; it has ${Object.values(labels).join(', ')}`,
    { data: { options: ['control'], label: name } },
  );
}
