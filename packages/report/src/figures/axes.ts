import type { UnitsRecord } from '@semcrc/core';

/** How lengths and λ are drawn: in HU where the window is known, else as shares of the range ×10⁻². */
export interface LengthScale {
  readonly factor: number;
  /** Name of the column that holds the scaled values. */
  readonly column: string;
  readonly unit: string;
  readonly title: string;
}

export function lengthScale(units: UnitsRecord | null): LengthScale {
  return units === null
    ? {
        factor: 100,
        column: 'length_percent',
        unit: '% of the range',
        title: 'mean interval width (% of the range)',
      }
    : { factor: units.huPerUnit, column: 'length_hu', unit: 'HU', title: 'mean interval width (HU)' };
}
