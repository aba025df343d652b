export type { OrganSet } from './anatomy/tissue.ts';
export type { PhantomGrid } from './brush.ts';
export { BlockExamples, type LabelledSlice, VoxelExamples } from './examples.ts';
export {
  classLoss,
  type Examples,
  type Loss,
  quantileLoss,
  type TrainingOptions,
  trainNetwork,
} from './network-training.ts';
export {
  centredGrid,
  drawPhantom,
  drawPhantomVolume,
  mergeBody,
  type PhantomModel,
  type PhantomScan,
} from './phantom.ts';
export { type Population, phantomPopulation, warpPopulation } from './population.ts';
export { generatorOf } from './random.ts';
export {
  checkScanWidth,
  paperPhotons,
  type ReconstructionOptions,
  reconstructionTask,
} from './reconstruction-task.ts';
export { type Acquisition, acquire, type SimulatedPatient, type SimulatedScan } from './simulation.ts';
export {
  type PhantomOptions,
  paperSizedSource,
  phantomAcquisition,
  phantomSource,
  type ScanCache,
  trainingSeed,
} from './source.ts';
export { balanceStandIn } from './stand-in-balance.ts';
export { heightOf, trainStandIn } from './stand-in-training.ts';
export { denoisingTask, noTask, paperSigma, type ScanSeed, type Task } from './task.ts';
export { defaultWarp, drawMap, drawWarp, leastJacobian, type Template, type WarpOptions } from './warp.ts';
export { windowed } from './windowed.ts';
