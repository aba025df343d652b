/** One row of Table 1 of the paper: risk, and length ×10⁻², each mean and sd over 20 runs at ε = 0.10. */
export interface PaperRow {
  readonly dataset: 'TotalSegmentator' | 'FLARE23';
  readonly task: 'denoising' | 'FBP-UNet';
  readonly procedure: 'crc' | 'k-crc' | 'sem-crc' | 'organ-crc';
  readonly risk: readonly [mean: number, sd: number];
  readonly length: readonly [mean: number, sd: number];
}

const PROCEDURES = ['crc', 'k-crc', 'sem-crc', 'organ-crc'] as const;

const FIGURES = {
  TotalSegmentator: {
    denoising: [
      [0.095, 0.006, 11.6, 0.21],
      [0.097, 0.006, 9.37, 0.2],
      [0.098, 0.006, 8.72, 0.18],
      [0.055, 0.004, 11.84, 0.2],
    ],
    'FBP-UNet': [
      [0.098, 0.007, 10.43, 0.23],
      [0.098, 0.009, 9.32, 0.13],
      [0.097, 0.007, 8.95, 0.19],
      [0.059, 0.005, 12.43, 0.2],
    ],
  },
  FLARE23: {
    denoising: [
      [0.096, 0.004, 9.16, 0.09],
      [0.096, 0.006, 6.81, 0.21],
      [0.095, 0.006, 6.36, 0.11],
      [0.056, 0.003, 8.06, 0.16],
    ],
    'FBP-UNet': [
      [0.095, 0.006, 6.19, 0.09],
      [0.095, 0.003, 6.2, 0.14],
      [0.095, 0.006, 6.18, 0.13],
      [0.057, 0.003, 7.72, 0.17],
    ],
  },
} as const;

/** Table 1 of Teneggi, Stayman and Sulam (2025), for orientation: other scans, another predictor. */
export const PAPER_TABLE: readonly PaperRow[] = (['TotalSegmentator', 'FLARE23'] as const).flatMap(
  (dataset) =>
    (['denoising', 'FBP-UNet'] as const).flatMap((task) =>
      FIGURES[dataset][task].map(([risk, riskSd, length, lengthSd], at) => ({
        dataset,
        task,
        procedure: PROCEDURES[at],
        risk: [risk, riskSd] as const,
        length: [length, lengthSd] as const,
      })),
    ),
);
