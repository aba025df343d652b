/** Slices of one scan, kept so that a report needs the cohort no more; voxels x fastest, intensities in [0, 1]. */
export interface ExampleScan {
  readonly scan: string;
  readonly run: number;
  /** Why this scan: the rule in words. */
  readonly rule: string | null;
  /** Indices of the slices within the scan. */
  readonly slices: readonly number[];
  readonly shape: readonly [slices: number, height: number, width: number];
  /** Millimetres along x and y; null where they are not known. */
  readonly pixel: readonly [x: number, y: number] | null;
  readonly truth: Float32Array;
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  readonly point: Float32Array | null;
  readonly measurement: Float32Array | null;
  readonly groups: Uint8Array | Uint16Array;
  /** Calibrated bounds by procedure. */
  readonly calibrated: Readonly<
    Record<string, { readonly lower: Float32Array; readonly upper: Float32Array }>
  >;
}
