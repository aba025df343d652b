export {
  type EnvelopeAnchor,
  type EnvelopeAnchorOptions,
  envelopeAnchor,
  envelopeAnchors,
  envelopeAnchorsByPart,
  type ProblemPart,
} from './envelope.ts';
export { type GammaAnchorOptions, solveGammaAnchor, solveGammaAnchors } from './gamma.ts';
export type { GammaAnchor, GammaResult } from './gamma-solver.ts';
export { highsBinary } from './highs-binary.ts';
export { LambdaPath } from './path.ts';
export type { LengthProblem, LengthVoxels } from './problem.ts';
export { type SubsampleOptions, subsampleVoxels } from './sample.ts';
