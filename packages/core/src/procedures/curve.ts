import { SemcrcError } from '@semcrc/kernels';
import type { Split } from '../cohort/split.ts';
import type { Procedure, ProcedureOptions } from '../options/procedure-options.ts';
import { leastUnits } from '../search/bound.ts';
import { fitSplit } from './experiment.ts';
import { type CalibrationData, type Fit, type FitOptions, optAndCal } from './fit.ts';
import { calibratesOnOpt, strictestBound } from './run-plan.ts';

/**
 * Calibrates a procedure on one split at each tolerance, as if at that one alone.
 *
 * @returns in the order of the tolerances; null where the split is too small for one, or no λ of the procedure reaches it
 */
export async function fitCurve(
  data: CalibrationData,
  split: Split,
  procedure: Procedure,
  epsilons: readonly number[],
  options: ProcedureOptions,
  stream: { readonly seed: number; readonly run: number } & FitOptions,
): Promise<(Fit | null)[]> {
  const scans = calibratesOnOpt(procedure, options) ? optAndCal(split) : split.cal;
  const units = new Set(scans.map((id) => data.profileOf(id).patient)).size;
  // Fits share what they gather, and one that cannot be made ends them all: those around it are made again without it.
  const fitAll = async (some: readonly number[]): Promise<(Fit | null)[]> => {
    if (some.length === 0) return [];
    try {
      const fitted = await fitSplit(data, split, [procedure], some, options, stream);
      return fitted.map(({ fits: [fit] }) => fit);
    } catch (error) {
      if (!(error instanceof SemcrcError) || error.code !== 'infeasible') throw error;
      if (some.length === 1) return [null];
      const half = some.length >> 1;
      return [...(await fitAll(some.slice(0, half))), ...(await fitAll(some.slice(half)))];
    }
  };
  const enough = epsilons.filter(
    (epsilon) => units >= leastUnits(strictestBound(procedure, epsilon, options, data.labels)),
  );
  const fits = await fitAll(enough);
  return epsilons.map((epsilon) => fits[enough.indexOf(epsilon)] ?? null);
}
