export {
  type GammaAnchor,
  type GammaAnchorOptions,
  type GammaResult,
  solveGammaAnchor,
} from './gamma.ts';
export type { LengthProblem, LengthVoxels } from './problem.ts';
export { type SubsampleOptions, subsampleVoxels } from './sample.ts';
