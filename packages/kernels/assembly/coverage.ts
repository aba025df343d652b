// The coverage module: every kernel over truth, bounds, scores and groups. All addresses come from the caller,
// memory is imported; only the first page is the module's own, for constant tables. Lengths are element counts.
// Addresses need only their element's alignment.
export { scores, scaledScores, firstNaN } from './score';
export { largestGroup8, largestGroup16, countGroups8, countGroups16, countFewGroups8, rank8, rank16, scatter } from './gather';
export { misses } from './misses';
export { sweep8, sweep16 } from './sweep';
export { takeActive, takeWithin } from './filter';
export { loss } from './loss';
export {
  clampedLength, clampedLengthAny, levelsOfParts, clampedLengthByPixel8, clampedLengthByPixel16,
} from './length';
export {
  divideGroups8, divideGroups16, divideSides8, divideSides16, partsOfPixels16, partsOfPixels32, divideFew,
} from './divide';
export { largestOf32 } from './range';
export { countEdges8, countEdges16, takeEdges8, takeEdges16, binEdges8, binEdges16 } from './edge';
export { binResiduals, cellLoss } from './cells';
export { radixSort } from './sort';
export {
  countPositive8, countPositive16, takePositive8, takePositive16, takePositiveScores8, takePositiveScores16,
  sortPairs, sortScores,
} from './profile';
export { widths8, widths16, marked8, marked16 } from './tally';
export { widen8, widen16, mark8, mark16 } from './widen';
