export {
  type EnvelopeAnchor,
  type EnvelopeAnchorOptions,
  envelopeAnchor,
  envelopeAnchors,
  envelopeAnchorsByPart,
  envelopeAnchorsOfSorted,
  type ProblemPart,
  type SortedEnvelope,
} from './envelope.ts';
export { type GammaAnchorOptions, solveGammaAnchor, solveGammaAnchors } from './gamma.ts';
export type { GammaAnchor, GammaResult } from './gamma-solver.ts';
export { highsBinary } from './highs-binary.ts';
export { LambdaPath } from './path.ts';
export type { LengthProblem, LengthVoxels } from './problem.ts';
export { type SubsampleOptions, subsampleVoxels } from './sample.ts';
export type { SortedEdges, SortedProblem, SortedRun, SortedSegment } from './sorted-curve.ts';
