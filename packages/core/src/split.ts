/** A cohort as far as splitting is concerned: scan ids in cohort order and the patient of each. */
export interface CohortIndex {
  readonly ids: readonly string[];
  /** Patient of each scan, parallel to `ids`. */
  readonly patients: readonly string[];
}

/** Disjoint sets of scan ids: optimize the anchor, calibrate, measure. In the order they were drawn. */
export interface Split {
  readonly opt: readonly string[];
  readonly cal: readonly string[];
  readonly test: readonly string[];
}

/** How many patients each part holds. `nCal` includes the opt patients, as in the paper. */
export interface SplitSizes {
  readonly nOpt: number;
  readonly nCal: number;
  readonly nTest: number;
}
