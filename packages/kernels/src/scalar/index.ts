// The scalar twins: the same results by plain loops over heap arrays, without argument checks. Tests hold the WASM
// kernels against them and benches measure the kernels' gain by them.
export { binResiduals, cellLoss } from './cells.ts';
export { denseNetwork } from './dense-network.ts';
export { trainDenseNetwork } from './dense-training.ts';
export { divideByPixel, divideGroups, divideSides } from './divide.ts';
export { binEdges, profileEdges } from './edge.ts';
export { edgePreservingMean } from './edge-mean.ts';
export { filterActive, filterWithin } from './filter.ts';
export { countGroups, gather } from './gather.ts';
export { clampedLength, clampedLengthByPixel } from './length.ts';
export { lossSweep } from './loss.ts';
export { missesBySegment } from './misses.ts';
export { profileScores } from './profile.ts';
export { backProjectCone, backProjectStack, projectCone, projectStack } from './projector.ts';
export { resampleLinear, resampleNearest } from './resample.ts';
export { computeScaledScores, computeScores, firstNaN } from './score.ts';
export { radixSort } from './sort.ts';
export { coverageSweep } from './sweep.ts';
export { countMarked, sumWidths } from './tally.ts';
export { markMissed, widenIntervals } from './widen.ts';
