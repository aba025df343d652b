import { SemcrcError } from '@semcrc/kernels';
import type { BoundName } from './bound.ts';
import { type HeuristicOptions, QUANTILE } from './interval.ts';
import type { StratumFeature } from './partition-spec.ts';
import type { Within } from './profile.ts';

/**
 * - `crc`: one λ for all voxels (eq. 3).
 * - `k-crc`: one λ per group of positions (eq. 6, PK).
 * - `sem-crc`: one λ per organ, risk over the scan (eq. 9, Psem).
 * - `organ-crc`: one λ per organ, risk within each organ (eq. 11, 12; the paper's sem-CRC with a bar).
 * - `pooled`: as organ-crc with misses pooled over scans, as the authors' code has it: for comparison, without guarantee.
 */
export const PROCEDURES = ['crc', 'k-crc', 'sem-crc', 'organ-crc', 'pooled'] as const;
export type Procedure = (typeof PROCEDURES)[number];

/** The paper's four. */
export const PAPER_PROCEDURES: readonly Procedure[] = ['crc', 'k-crc', 'sem-crc', 'organ-crc'];

/** Everything but ε and the data that decides what a procedure computes. */
export interface ProcedureOptions extends HeuristicOptions {
  /** Gamma: the paper's convex surrogate (PK, Psem). Envelope: the 0-1 loss itself, over clamped length. */
  readonly anchor: 'gamma' | 'envelope';
  /** All opt voxels, or the paper's stratified subsample. */
  readonly anchorVoxels: 'all' | 'paper';
  /** Relative gap between the anchor's bounds at which its solver stops. */
  readonly gap: number;
  /** Line: λ̃ + ω·1 (eq. 6, 9). Path: the envelope's minorant edges in order of steepness. */
  readonly backtrack: 'line' | 'path';
  readonly sides: 'one' | 'two';
  readonly strata: readonly StratumFeature[];
  readonly bound: BoundName;
  /** Failure probability of the RCPS bounds; `crc` has none. */
  readonly delta: number;
  /** `bonferroni`: organ-crc divides δ by the number of organs it controls, so that all hold at once. */
  readonly correction: 'none' | 'bonferroni';
  readonly within: Within;
  /** Label ids that organ-crc controls besides the scan risk; empty: every organ, and the scan risk not at all. */
  readonly control: readonly number[];
  /** What organ-crc calibrates on: the cal split, or opt and cal together (it needs no anchor). */
  readonly organCal: 'cal' | 'all';
}

/** The paper's choices: gamma anchor on all opt voxels, line, one side, no strata. */
export const PAPER_OPTIONS: ProcedureOptions = {
  anchor: 'gamma',
  anchorVoxels: 'all',
  gap: 1e-4,
  backtrack: 'line',
  sides: 'one',
  strata: [],
  bound: 'crc',
  delta: 0.1,
  correction: 'none',
  ...QUANTILE,
  within: 'scan',
  control: [],
  organCal: 'cal',
};

/** The shortest intervals semcrc gives: envelope anchor, its path, two sides, strata of intensity and width. */
export const SHORTEST_OPTIONS: ProcedureOptions = {
  ...PAPER_OPTIONS,
  anchor: 'envelope',
  backtrack: 'path',
  sides: 'two',
  strata: [
    { name: 'intensity', bins: 12 },
    { name: 'width', bins: 4 },
  ],
};

/**
 * Throws `usage` with the reason when options and procedures make no sense together: an option that one of them cannot
 * honour, or that none of them uses.
 */
export function checkCombination(procedures: readonly Procedure[], options: ProcedureOptions): void {
  const { anchor, anchorVoxels, backtrack, heuristic, sides, strata, control, organCal, bound, correction } =
    options;
  const has = (procedure: Procedure) => procedures.includes(procedure);
  const refuse = (reason: string): never => {
    throw new SemcrcError('usage', reason, { data: { procedures } });
  };
  for (const procedure of procedures) {
    const anchored =
      procedure === 'k-crc' || procedure === 'sem-crc' || (procedure === 'organ-crc' && control.length > 0);
    if (sides === 'two' && !anchored) {
      refuse(
        `${procedure} has no anchor that tells below from above: choose --sides one, or k-crc or sem-crc`,
      );
    }
    if (anchored && anchor === 'gamma' && heuristic === 'multiplicative') {
      refuse(
        `the gamma anchor needs one width for both sides of a voxel, which multiplicative does not have: choose --anchor envelope`,
      );
    }
    if (strata.length > 0 && procedure !== 'sem-crc') {
      refuse(
        `--strata divide the organs of sem-crc, not the groups of ${procedure}: leave them out, or choose sem-crc`,
      );
    }
  }
  const anyAnchor = has('k-crc') || has('sem-crc') || control.length > 0;
  if (backtrack === 'path' && anchor === 'gamma') {
    refuse(
      "the path is made of the envelope anchor's edges, which gamma does not have: choose --anchor envelope, or --backtrack line",
    );
  }
  if (anchor === 'envelope' && anchorVoxels === 'paper') {
    refuse(
      "the paper's voxel subsample belongs to its gamma anchor: choose --anchor gamma, or --anchor-voxels all",
    );
  }
  if ((backtrack === 'path' || anchor === 'envelope' || anchorVoxels === 'paper') && !anyAnchor) {
    refuse(
      `${procedures.join(', ')} has no anchor to choose: leave --anchor, --backtrack and --anchor-voxels out, or add sem-crc or k-crc`,
    );
  }
  if (bound !== 'crc' && has('pooled')) {
    refuse('pooled averages no losses that a bound could test: leave pooled out, or choose --bound crc');
  }
  if (correction === 'bonferroni' && (bound === 'crc' || !has('organ-crc'))) {
    refuse(
      '--bonferroni divides the δ of an RCPS bound between the organs of organ-crc: choose both, or leave it out',
    );
  }
  if (control.length > 0 && !has('organ-crc')) {
    refuse(
      '--control names organs whose own risk is controlled, which only organ-crc does: add organ-crc, or leave it out',
    );
  }
  if (organCal === 'all' && !has('organ-crc') && !has('pooled')) {
    refuse('--organ-cal says what organ-crc calibrates on: add organ-crc, or leave it out');
  }
  if (organCal === 'all' && control.length > 0) {
    refuse('--control optimizes an anchor on the opt scans, so --organ-cal all cannot calibrate on them too');
  }
}
