export type { BackProjection } from '@semcrc/kernels';
export type { Span } from './beams.ts';
export {
  angleOf,
  type FanGeometry,
  fieldRadius,
  type Geometry,
  type HelixGeometry,
  type ParallelGeometry,
  planFan,
  planHelix,
  planParallel,
  type Sampling,
  type ScannedGrid,
  type ScanOptions,
  valuesPerView,
} from './geometry.ts';
export { addNoise, largestIntegral, type Noise } from './noise.ts';
export { projectViews, type Scanned } from './project.ts';
export { incompleteSlices, reconstructSlab, type Views, viewsFor } from './reconstruct.ts';
export { checkScannable, limitsMet, truncatedShare } from './scannable.ts';
export {
  parseFacts,
  type ScannedVolume,
  SINOGRAM_SCHEMA,
  type SinogramFacts,
  sliceSlabs,
  viewBlocks,
} from './sinogram.ts';
