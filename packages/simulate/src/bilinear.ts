/**
 * Between four neighbours, from `corner` on: `a` of the way to the right and `b` of the way down; `right` and `down` say how far apart
 * they stand.
 */
export function bilinear(
  values: Float32Array | Float64Array,
  corner: number,
  right: number,
  down: number,
  a: number,
  b: number,
): number {
  const lower = corner + down;
  const row = values[corner] + a * (values[corner + right] - values[corner]);
  return row + b * (values[lower] + a * (values[lower + right] - values[lower]) - row);
}
