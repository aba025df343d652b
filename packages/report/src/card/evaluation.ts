/** A mean over patients with its 95% interval, null for fewer than two. */
export interface MeasuredMean {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Sample standard deviation over patients; missing in documents that did not record it. */
  readonly sd?: number | null;
}

/** Risk and length of scans, or of one organ. */
export interface MeasuredPart {
  readonly risk: MeasuredMean;
  readonly length: MeasuredMean;
  readonly scans: number;
  readonly patients: number;
}

/** A calibration measured on labelled scans: `semcrc/evaluation@1`. */
export interface EvaluationDocument extends MeasuredPart {
  readonly schema: string;
  readonly calibration: string;
  readonly procedure: string;
  readonly epsilon: number;
  readonly source: { readonly name: string; readonly digest: string };
  /** How many of the scans the calibration was made on. */
  readonly calibratedOn: number;
  readonly organs: Readonly<Record<string, MeasuredPart>>;
}
