// f32 neighbours by their bits, for tests to hold bounds against.
const view = new DataView(new ArrayBuffer(4));

/** Place of an f32 in the order of all of them, ±0 the same. */
function placeOf(value: number): number {
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  return bits >>> 31 ? -(bits & 0x7fffffff) : bits;
}

function at(place: number): number {
  view.setUint32(0, place < 0 ? 0x80000000 | -place : place);
  return view.getFloat32(0);
}

/** The next f32 above one; infinity stays. */
export const nextUp = (value: number): number =>
  value === Number.POSITIVE_INFINITY ? value : at(placeOf(value) + 1);

/** The largest f32 that is no larger than an f64. */
export function roundDown(value: number): number {
  const nearest = Math.fround(value);
  return nearest > value ? at(placeOf(nearest) - 1) : nearest;
}
