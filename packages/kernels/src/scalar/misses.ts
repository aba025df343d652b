/** Twin of `missesBySegment`. */
export function missesBySegment(
  scores: Float32Array,
  offsets: Uint32Array,
  lambda: Float32Array,
): Uint32Array {
  const misses = new Uint32Array(lambda.length);
  for (let s = 0; s < lambda.length; s++) {
    const level = lambda[s];
    let count = 0;
    for (let j = offsets[s]; j < offsets[s + 1]; j++) {
      if (!(scores[j] <= level)) count++;
    }
    misses[s] = count;
  }
  return misses;
}
