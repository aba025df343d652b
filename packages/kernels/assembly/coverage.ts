// The coverage module: every kernel over truth, bounds, scores and groups. It owns no data: all addresses come from
// the caller, memory is imported. Lengths are element counts. Addresses need only their element's alignment.
export { scores, scaledScores, clip, uncross, firstNaN } from './score';
export { largestGroup8, largestGroup16, countGroups8, countGroups16, rank8, rank16, scatter } from './gather';
export { misses, missesByGroup8, missesByGroup16, missesByFewGroups8 } from './misses';
export { sweep8, sweep16 } from './sweep';
export { loss } from './loss';
export { clampedLength } from './length';
export { radixSort, selectDigit } from './sort';
export {
  countPositive8, countPositive16, takePositive8, takePositive16, takePositiveScores8, takePositiveScores16,
  sortPairs, sortScores,
} from './profile';
