import type { Sample } from '@semcrc/core';

/** What preparing made of a scan. */
export type Prepared =
  | {
      readonly state: 'kept';
      readonly sample: Sample;
      /** What the predictor saw, on the sample's grid, windowed; where it was asked for and the scan has it. */
      readonly measurement?: Float32Array;
    }
  | { readonly state: 'left-out'; readonly reason: string };
