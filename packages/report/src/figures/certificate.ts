import type { AnchorRecord, UnitsRecord } from '@semcrc/core';
import { records } from '../tables/csv.ts';
import { inHu } from '../words.ts';
import { lengthScale } from './axes.ts';
import type { Figure } from './figure.ts';
import { TONES } from './theme.ts';

/** Bounds on the anchor's objective for every γ tried, and the one kept. Null for an anchor without γ. */
export function certificateFigure(
  anchor: AnchorRecord | null,
  units: UnitsRecord | null,
  whose: string,
): Figure | null {
  if (anchor?.method !== 'gamma') return null;
  const { lowerBound, gap } = anchor;
  if (lowerBound === null || gap === null) return null;
  const scale = lengthScale(units);
  const column = (name: string) => `${name}_${scale.unit === 'HU' ? 'hu' : 'percent'}`;
  const scaled = (value: number | null) => (value === null ? null : value * scale.factor);
  const data = {
    columns: ['gamma', 'state', 'lower_bound', 'upper_bound', column('lower_bound'), column('upper_bound')],
    rows: anchor.perGamma.map(({ gamma, state, lowerBound, upperBound }) => [
      gamma,
      state,
      lowerBound,
      upperBound,
      scaled(lowerBound),
      scaled(upperBound),
    ]),
  };
  const x = { field: 'gamma', type: 'quantitative', title: 'γ', scale: { zero: false } } as const;
  const bound = (name: string) => ({ field: column(name), type: 'quantitative' }) as const;
  return {
    id: 'certificate',
    title: 'How well the anchor is known',
    caption:
      `Bounds on the length that λ̃ adds, for every γ tried (${whose}). A bar under a mark is a proven lower bound; a γ is given up once its ` +
      `lower bound exceeds the best found. Kept: γ = ${anchor.gamma.toFixed(3)}, between ${inHu(lowerBound, units)} and ` +
      `${inHu(anchor.objective, units)}, a gap of ${gap.toExponential(1)}.`,
    description: `The γ kept is ${anchor.gamma.toFixed(3)} of ${anchor.perGamma.length} tried${anchor.atRangeEnd ? ', an end of their range' : ''}; its relative gap is ${gap.toExponential(1)}.`,
    spec: {
      data: { values: records(data) },
      width: 470,
      height: 200,
      layer: [
        {
          mark: { type: 'line', strokeWidth: 1, color: TONES.faint.light },
          encoding: {
            x,
            y: { ...bound('lower_bound'), title: `added length (${scale.unit})`, scale: { zero: false } },
          },
        },
        {
          mark: { type: 'tick', thickness: 2, size: 14, color: TONES.muted.light, orient: 'horizontal' },
          encoding: { x, y: bound('lower_bound') },
        },
        {
          transform: [{ filter: "datum.state === 'solved'" }],
          mark: { type: 'point', filled: false, size: 60, strokeWidth: 1.5, color: TONES.kCrc.light },
          encoding: { x, y: bound('upper_bound') },
        },
        {
          data: { values: [{ gamma: anchor.gamma, at: anchor.objective * scale.factor }] },
          mark: {
            type: 'point',
            filled: true,
            size: 90,
            opacity: 1,
            color: TONES.semCrc.light,
            shape: 'triangle-down',
            yOffset: -8,
          },
          encoding: { x, y: { field: 'at', type: 'quantitative' } },
        },
      ],
    } as Figure['spec'],
    data,
  };
}
