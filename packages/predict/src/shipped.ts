import { parseBaseline } from './baseline.ts';
import { document as baseline } from './generated/baseline.ts';
import { document as baselineFbp } from './generated/baseline-fbp.ts';
import { document as standIn } from './generated/stand-in.ts';
import type { Predictor, Segmenter } from './predictor.ts';
import { parseStandIn } from './stand-in.ts';

/** The tasks a baseline predictor ships for. */
export type ShippedTask = 'denoising' | 'reconstruction';

/**
 * The baseline predictor that ships with semcrc, trained on phantoms, α = 0.1: for noise in every voxel, or for images of
 * filtered back-projection.
 */
export function baselinePredictor(task: ShippedTask = 'denoising'): Predictor {
  return task === 'denoising'
    ? parseBaseline(baseline, 'the built-in baseline predictor')
    : parseBaseline(baselineFbp, 'the built-in baseline predictor of reconstructions');
}

/**
 * The segmentation stand-in that ships with semcrc: trained on phantoms predicted by the baseline of denoising.
 *
 * @param organs label ids of the organs to tell; others it knows (the duodenum, 64) count as none.
 */
export function standInSegmenter(organs: readonly number[]): Segmenter {
  const all = parseStandIn(standIn, 'the built-in segmentation stand-in');
  const kept = new Uint8Array(256);
  for (const label of organs) kept[label] = label;
  return {
    ...all,
    segment: async (input) => {
      const segmented = await all.segment(input);
      for (let at = 0; at < segmented.length; at++) segmented[at] = kept[segmented[at]];
      return segmented;
    },
  };
}
