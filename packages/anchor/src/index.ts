export {
  type EnvelopeAnchor,
  type EnvelopeAnchorOptions,
  envelopeAnchor,
  envelopeAnchors,
} from './envelope.ts';
export {
  type GammaAnchor,
  type GammaAnchorOptions,
  type GammaResult,
  solveGammaAnchor,
  solveGammaAnchors,
} from './gamma.ts';
export { LambdaPath } from './path.ts';
export type { LengthProblem, LengthVoxels } from './problem.ts';
export { type SubsampleOptions, subsampleVoxels } from './sample.ts';
