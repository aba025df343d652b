import type { EnvelopeAnchor, GammaAnchor } from '@semcrc/anchor';
import { type Kernels, SemcrcError } from '@semcrc/kernels';
import type { Labels } from '../cohort/labels.ts';
import type { ReadSample } from '../cohort/sample.ts';
import type { Split } from '../cohort/split.ts';
import type { CalibratedLambda } from '../evaluate/calibrated-lambda.ts';
import type { Losses } from '../evaluate/losses.ts';
import type { Preparing } from '../options/preparing.ts';
import type { Procedure, ProcedureOptions } from '../options/procedure-options.ts';
import type { Profile } from '../profile/profile.ts';
import type { LambdaWithMore } from '../search/backtrack.ts';
import { crcBound, type RiskBound } from '../search/bound.ts';
import { hoeffdingBentkusBound, hoeffdingBound, wsrBound } from '../search/rcps.ts';
import type { GroupFacts } from './length-problem.ts';

/** What calibrating needs of a cohort. */
export interface CalibrationData {
  readonly kernels: Kernels;
  readonly labels: Labels;
  /** How the scans were made, where the source tells: it decides whether strata can be learned. */
  readonly preparing?: Preparing | undefined;
  /** Profile over the organs; with pixels where K-CRC is asked for, with two sides where any procedure has them. */
  readonly profileOf: (id: string) => Profile;
  /** Voxels of a scan: anchors and strata read them. */
  readonly read: ReadSample;
}

/** How one organ fared under a procedure that controls each organ's own risk. */
export interface OrganStatus {
  readonly status: 'calibrated' | 'infeasible' | 'absent';
  /** Calibration units (patients) that contain the organ. */
  readonly nCal: number;
}

/** What the calibration units lost at λ̂. */
export interface FitLosses {
  /** Of the whole scan. */
  readonly scan: Losses;
  /** By label id, of organs whose own risk is controlled, over the units that contain them. */
  readonly organs: Readonly<Record<string, Losses>>;
}

/** The anchor of a fit: λ̃ and how well it is known. */
export interface FitAnchor {
  /** The feasible (upper-bound) point, one per (side, λ group), absent groups filled in. */
  readonly lambda: Float64Array;
  /** λ groups (index) without a voxel in the opt scans: they take the largest λ of those present. */
  readonly absent: readonly number[];
  readonly solution:
    | ({ readonly method: 'gamma' } & Extract<GammaAnchor, { state: 'solved' }>)
    | ({ readonly method: 'envelope'; readonly epsilon: number } & Extract<
        EnvelopeAnchor,
        { state: 'solved' }
      >);
}

/** A calibrated λ and how it came about. */
export interface Fit extends CalibratedLambda {
  readonly procedure: Procedure;
  /** Calibration units (patients) behind λ̂; for organ-crc all that were looked at. */
  readonly units: number;
  readonly anchor: FitAnchor | null;
  /** The λ groups on the opt scans, where an anchor was optimized on them. */
  readonly optGroups?: GroupFacts;
  /** Offset ω̂ along the line (eq. 6, 9), or beyond the end of the path (0 within it); null where there is neither. */
  readonly omega: number | null;
  /** Position on the path: edges traversed, with the fraction of the one under way; null where there is none. */
  readonly pathPosition: number | null;
  /** By label id; empty but for procedures that control each organ. */
  readonly organs: Readonly<Record<string, OrganStatus>>;
  readonly losses: FitLosses;
  /** λ̂ with more units like these; empty where it was not asked for, or the bound cannot tell. */
  readonly more: readonly LambdaWithMore[];
  readonly seconds: { readonly anchor: number; readonly backtrack: number };
}

/** What a fit finds beside λ̂. */
export interface FitOptions {
  /** Tolerances at which λ̂ with more units like these is found, too; none by default. */
  readonly more?: readonly number[];
}

/** The bound that options name, at tolerance ε. */
export function boundOf(
  { bound, delta }: Pick<ProcedureOptions, 'bound' | 'delta'>,
  epsilon: number,
): RiskBound {
  switch (bound) {
    case 'crc':
      return crcBound(epsilon);
    case 'hoeffding':
      return hoeffdingBound(epsilon, delta);
    case 'hoeffding-bentkus':
      return hoeffdingBentkusBound(epsilon, delta);
    case 'wsr':
      return wsrBound(epsilon, delta);
  }
}

/** Scans that `crc` and `organCal` all calibrate on: opt and cal, in that order. */
export function optAndCal(split: Split): string[] {
  return [...split.opt, ...split.cal];
}

/** The error of a calibration too small for its tolerance: names n, the n needed, and the ε that n allows. */
export function infeasibleError(
  procedure: Procedure,
  bound: RiskBound,
  units: number,
  leastUnits: number,
  whose = 'calibration scans (patients)',
): SemcrcError {
  const allowed =
    bound.name === 'crc' && units > 0 ? `, or a tolerance of at least ${leastTolerance(units)}` : '';
  return new SemcrcError(
    'infeasible',
    `${procedure}: no λ can reach ε = ${bound.epsilon} with n = ${units} ${whose}; ` +
      `it takes n ≥ ${leastUnits}${allowed}`,
    { data: { procedure, epsilon: bound.epsilon, n: units, leastN: leastUnits } },
  );
}

/** The least ε that CRC accepts with n losses of zero, 1/(n + 1), in three digits: rounded up, so that it is accepted itself. */
function leastTolerance(units: number): number {
  const least = 1 / (units + 1);
  const digits = 10 ** (3 - Math.ceil(Math.log10(least)));
  return Number((Math.ceil(least * digits - 1e-9) / digits).toPrecision(3));
}

/** Seconds since `start`, a reading of `performance.now()`. */
export function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
