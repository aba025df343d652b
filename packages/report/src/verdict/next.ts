import { promisesOrgans, type UnitsRecord } from '@semcrc/core';
import { inHu, listed, percent, plainPercent } from '../words.ts';
import { LIKELY_CAUSES, type Verdict } from './verdict.ts';

/** What more calibration scans would give: n, and the mean length at the λ̂ they would allow. */
export interface MoreScans {
  readonly n: number;
  readonly length: number;
}

/** What advice rests on. */
export interface Situation {
  readonly verdict: Verdict;
  readonly epsilon: number;
  readonly bound: string;
  /** Calibration units behind λ̂. */
  readonly n: number;
  /** Mean length now, and with more scans; null and empty where not known. */
  readonly length: number | null;
  readonly moreScans: readonly MoreScans[];
  readonly units: UnitsRecord | null;
  /** Organs, by name, whose measured risk exceeds ε though only the scan's was promised. */
  readonly organsAbove: readonly { readonly name: string; readonly risk: number }[];
}

/** What to do next, a sentence or two each. */
export function advice(situation: Situation): string[] {
  return [...causes(situation), ...moreScansAdvice(situation), ...organAdvice(situation)];
}

function causes({ verdict }: Situation): string[] {
  if (verdict.judgement !== 'broken') return [];
  return [`Find out why before these intervals are used. Likely causes: ${LIKELY_CAUSES.join('; ')}.`];
}

/** Shares by which more scans must shorten intervals to be worth telling. */
const WORTH_TELLING = 0.01;

function moreScansAdvice({ epsilon, bound, n, length, moreScans, units, verdict }: Situation): string[] {
  if (bound !== 'crc' || promisesOrgans(verdict.procedure) || verdict.procedure === 'pooled') return [];
  const aim = epsilon - (1 - epsilon) / n;
  if (length === null || moreScans.length === 0) {
    return [
      `With n = ${n} calibration scans λ̂ is chosen for ${percent(aim)} on them, so as to promise ${plainPercent(epsilon)} on new ones. ` +
        `With ${2 * n} it would be ${percent(epsilon - (1 - epsilon) / (2 * n))}.`,
    ];
  }
  const [first] = moreScans;
  const last = moreScans[moreScans.length - 1];
  const gain = (length - last.length) / length;
  if (gain < WORTH_TELLING) {
    return [
      `More calibration scans would hardly shorten the intervals: with ${last.n} instead of ${n}, from ${inHu(length, units)} to ` +
        `${inHu(last.length, units)} on average. They would make the result steadier rather than shorter.`,
    ];
  }
  return [
    `More calibration scans would shorten the intervals: were they like these, from ${inHu(length, units)} on average with n = ${n} to ` +
      `${inHu(first.length, units)} with ${first.n}${last === first ? '' : ` and ${inHu(last.length, units)} with ${last.n}`}.`,
  ];
}

function organAdvice({ verdict, organsAbove, epsilon }: Situation): string[] {
  if (promisesOrgans(verdict.procedure) || organsAbove.length === 0) return [];
  const worst = organsAbove.slice(0, 3).map(({ name, risk }) => `${name} ${percent(risk)}`);
  const others = organsAbove.length > 3 ? [`${organsAbove.length - 3} more`] : [];
  return [
    `The promise is for the scan, not for each organ: above ${plainPercent(epsilon)} ${organsAbove.length === 1 ? 'is' : 'are'} ` +
      `${listed([...worst, ...others])}. The procedure organ-crc promises every organ’s own risk.`,
  ];
}
