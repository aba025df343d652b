export { volumeDigest } from './digest.ts';
export type { Replace } from './draft.ts';
export {
  beginReconstruction,
  finishReconstruction,
  type ReconstructionPlace,
  reconstructStored,
  writeSlab,
} from './reconstruction-file.ts';
export {
  beginSinogram,
  finishBlock,
  finishSinogram,
  largestOfBlock,
  openSinogram,
  type SinogramProgress,
  type StoredSinogram,
  writeBlock,
} from './sinogram-store.ts';
