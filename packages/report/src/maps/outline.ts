import type { Slice } from './raster.ts';

/** The border of one label in a slice as an SVG path over voxel edges, in voxels. Empty where the label is absent. */
export function outlinePath({ width, height, voxels }: Slice, label: number): string {
  const is = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && voxels[y * width + x] === label;
  // Directed border edges with the label on their right, from corner to corner.
  const edges = new Map<number, number[]>();
  const corner = (x: number, y: number) => y * (width + 1) + x;
  const add = (from: number, to: number) => {
    const ends = edges.get(from);
    if (ends) ends.push(to);
    else edges.set(from, [to]);
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (voxels[y * width + x] !== label) continue;
      if (!is(x, y - 1)) add(corner(x, y), corner(x + 1, y));
      if (!is(x + 1, y)) add(corner(x + 1, y), corner(x + 1, y + 1));
      if (!is(x, y + 1)) add(corner(x + 1, y + 1), corner(x, y + 1));
      if (!is(x - 1, y)) add(corner(x, y + 1), corner(x, y));
    }
  }
  const parts: string[] = [];
  for (const start of edges.keys()) {
    let path = '';
    let at = start;
    let step = 0;
    for (let ends = edges.get(at); ends !== undefined && ends.length > 0; ends = edges.get(at)) {
      const next = ends.pop()!;
      // Corners between edges of one direction are left out.
      if (path === '' || next - at !== step) path += `${path === '' ? 'M' : 'L'}${place(at)}`;
      step = next - at;
      at = next;
    }
    if (path !== '') parts.push(`${path}Z`);
  }
  return parts.join('');

  function place(at: number): string {
    return `${at % (width + 1)} ${Math.floor(at / (width + 1))}`;
  }
}
