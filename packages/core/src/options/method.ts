import { knowsWholeSlices, type Preparing } from './preparing.ts';
import {
  DESIGN_OPTIONS,
  type Procedure,
  type ProcedureOptions,
  RECENTRED_OPTIONS,
  SHORTEST_OPTIONS,
  SHORTEST_POINTWISE_OPTIONS,
} from './procedure-options.ts';

/** What a procedure comes down to. */
export type MethodKind = Exclude<Procedure, 'shortest' | 'recentred'>;

/** How a procedure is carried out: with the options given, or, where its name stands for a design, with that. */
export interface Method {
  readonly kind: MethodKind;
  readonly options: ProcedureOptions;
}

/** What else decides on a design: how the scans were made, where the source tells. */
type KnownPreparing = Preparing | undefined;

/**
 * The options of the shortest design for scans made in a way, under a heuristic: strata go by quantiles of intensity and width
 * where they cannot be learned, and λ stays positive where intervals have widths of their own.
 */
export function shortestOptions(
  preparing: KnownPreparing,
  heuristic: ProcedureOptions['heuristic'] = 'quantile',
): ProcedureOptions {
  if (heuristic === 'quantile' && knowsWholeSlices(preparing)) return SHORTEST_OPTIONS;
  const weighted = heuristic === 'multiplicative' || heuristic === 'std';
  return { ...SHORTEST_POINTWISE_OPTIONS, shrink: !weighted };
}

/** How a procedure of a plan is carried out on scans made in a way. */
export function methodOf(procedure: Procedure, options: ProcedureOptions, preparing: KnownPreparing): Method {
  switch (procedure) {
    case 'shortest':
      return { kind: 'sem-crc', options: designed(options, shortestOptions(preparing, options.heuristic)) };
    case 'organ-shortest':
      return { kind: procedure, options: designed(options, shortestOptions(preparing, options.heuristic)) };
    case 'recentred':
      return { kind: 'sem-crc', options: designed(options, RECENTRED_OPTIONS) };
    default:
      return { kind: procedure, options };
  }
}

/** A design's choices in place of the options'; what is guaranteed, and of what, stays. */
function designed(options: ProcedureOptions, design: ProcedureOptions): ProcedureOptions {
  const own = Object.fromEntries(DESIGN_OPTIONS.map((name) => [name, design[name]]));
  return { ...options, ...own, control: [], organCal: 'cal' };
}
