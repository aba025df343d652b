import { SemcrcError } from '@semcrc/kernels';

/** Tolerances at even steps; both ends are among them, the upper one where a step meets it. */
export interface ToleranceRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** More than a slider or a figure can tell apart. */
const MOST = 1000;

/**
 * The tolerances of a range, ascending, and the one that the calibration is for among them.
 *
 * @returns numbers as they are written in decimals: 0.03, not 0.02 + 0.01
 * @throws SemcrcError `usage` for ends outside (0, 1) or in the wrong order, a step that is not positive, and for too many
 */
export function tolerancesOf({ from, to, step }: ToleranceRange, epsilon: number): readonly number[] {
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  if (!(from > 0 && to < 1 && from <= to && step > 0 && count <= MOST)) {
    throw new SemcrcError(
      'usage',
      `\`curve\` must go from above 0 to below 1 in at most ${MOST} steps, as 0.02:0.2:0.01, found ${from}:${to}:${step}`,
      { data: { options: ['curve'], from, to, step } },
    );
  }
  const range = Array.from({ length: count }, (_, index) => Number((from + index * step).toPrecision(12)));
  return [...new Set([...range, epsilon])].sort((a, b) => a - b);
}
