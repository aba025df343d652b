import './platform.ts';

export type { Arena, Block, KernelMemory } from './arena.ts';
export { type BaselineKernels, loadBaselineKernels } from './baseline.ts';
export { binResiduals, cellLoss } from './cells.ts';
export type {
  ActiveFloor,
  Binning,
  Bounds,
  Cells,
  EdgeBins,
  EdgeDistances,
  EdgeProfile,
  Groups,
  GrowingIntervals,
  Intervals,
  LossSums,
  Pixels,
  RegionLambda,
  ResidualGrid,
  ScaledBounds,
  ScoreProfile,
} from './columns.ts';
export { type DenseLayer, denseNetwork } from './dense-network.ts';
export { type DenseBatch, type TrainedLayer, trainDenseNetwork } from './dense-training.ts';
export { divideByPixel, divideGroups, divideSides } from './divide.ts';
export { binEdges, profileEdges } from './edge.ts';
export { type EdgeWeights, edgePreservingMean, type NeighbouringSlice } from './edge-mean.ts';
export { describeFound, type ErrorCode, type ErrorData, SemcrcError } from './error.ts';
export { filterActive, filterWithin } from './filter.ts';
export { countGroups, gather } from './gather.ts';
export { type Kernels, loadKernels } from './instance.ts';
export { clampedLength, clampedLengthByPixel } from './length.ts';
export { lossSweep } from './loss.ts';
export { missesBySegment } from './misses.ts';
export { simdSupported } from './module.ts';
export { pauseWhenDue } from './pause.ts';
export { profileScores } from './profile.ts';
export { loadProjector, type Projector } from './projector.ts';
export {
  type BackProjection,
  backProjectCone,
  backProjectStack,
  type FilteredCone,
  type FilteredStack,
  type HelixScale,
  type TaperedWindow,
} from './projector-back.ts';
export { projectCone, projectStack } from './projector-rays.ts';
export type { ConeViews, StackViews, VoxelSize } from './projector-views.ts';
export { resampleLinear, resampleNearest, type Samples } from './resample.ts';
export type { Sizes } from './resample-plan.ts';
export { loadResampler, type Resampler } from './resampler.ts';
export { computeScaledScores, computeScores, firstNaN } from './score.ts';
export { sharedInstance } from './shared-instance.ts';
export { lowerSigned, raiseSigned } from './signed-order.ts';
export { radixSort } from './sort.ts';
export { coverageSweep } from './sweep.ts';
export { countMarked, sumWidths } from './tally.ts';
export { markMissed, widenIntervals } from './widen.ts';
