/** What had to be mended in the predictions of a scan, if anything, as the command notes it. */
export function mendedInWords({
  clipped,
  crossed,
}: {
  readonly clipped: number;
  readonly crossed: number;
}): readonly string[] {
  const voxels = (count: number): string => (count === 1 ? '1 voxel' : `${count} voxels`);
  return [
    ...(clipped > 0 ? [`${voxels(clipped)} of the predictions outside 0..1, clipped.`] : []),
    ...(crossed > 0 ? [`${voxels(crossed)} with lower above upper (crossed), swapped.`] : []),
  ];
}
