export type Point = readonly [x: number, y: number, z: number];

/** A solid in patient coordinates (mm, RAS) that tells approximate signed distances. */
export interface Shape {
  /** Readies the shape for a row of points near (·, y, z); the x range it can reach, or null when it is nowhere near. */
  row(y: number, z: number, margin: number): readonly [from: number, to: number] | null;
  /** Signed distance in mm, negative inside; right to first order near the surface. Only after `row`. */
  distance(x: number, y: number, z: number): number;
}

/** Unit axes of a turn: columns are where the solid's own x, y, z point. */
export type Axes = readonly [x: Point, y: Point, z: Point];

export const upright: Axes = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** A right-handed frame whose z axis points along `along` and whose x axis lies near `side`. */
export function frame(along: Point, side: Point): Axes {
  const z = unit(along);
  const y = unit(cross(z, side));
  return [cross(y, z), y, z];
}

/** An ellipsoid of half-axes `radius` along its own axes. */
export class Ellipsoid implements Shape {
  readonly #centre: Float64Array;
  /** Three rows: the own axes, each divided by its half-axis. */
  readonly #rows: Float64Array;
  readonly #inverse: Float64Array;
  readonly #least: number;
  /** Half extents of the box around it. */
  readonly #reach: Float64Array;

  constructor(centre: Point, radius: Point, axes: Axes = upright) {
    this.#centre = Float64Array.from(centre);
    this.#inverse = Float64Array.from(radius, (r) => 1 / r);
    this.#rows = Float64Array.from(axes.flatMap((axis, own) => axis.map((part) => part / radius[own])));
    this.#least = Math.min(...radius);
    this.#reach = Float64Array.from({ length: 3 }, (_, axis) => {
      let sum = 0;
      for (let own = 0; own < 3; own++) {
        const part = axes[own][axis] * radius[own];
        sum += part * part;
      }
      return Math.sqrt(sum);
    });
  }

  row(y: number, z: number, margin: number): readonly [number, number] | null {
    const centre = this.#centre;
    const reach = this.#reach;
    if (Math.abs(y - centre[1]) > reach[1] + margin || Math.abs(z - centre[2]) > reach[2] + margin)
      return null;
    return [centre[0] - reach[0] - margin, centre[0] + reach[0] + margin];
  }

  distance(x: number, y: number, z: number): number {
    const centre = this.#centre;
    const m = this.#rows;
    const dx = x - centre[0];
    const dy = y - centre[1];
    const dz = z - centre[2];
    const p = m[0] * dx + m[1] * dy + m[2] * dz;
    const q = m[3] * dx + m[4] * dy + m[5] * dz;
    const r = m[6] * dx + m[7] * dy + m[8] * dz;
    const square = p * p + q * q + r * r;
    if (square < 1e-9) return -this.#least;
    const radius = Math.sqrt(square);
    // (radius − 1) over the length of the radius's gradient.
    const u = p * this.#inverse[0];
    const v = q * this.#inverse[1];
    const w = r * this.#inverse[2];
    return ((radius - 1) * radius) / Math.sqrt(u * u + v * v + w * w);
  }
}

/** A station of a tube: a place on its midline and its radius there, mm. */
export type Station = readonly [x: number, y: number, z: number, radius: number];

/** Numbers of a tube's segment: its first end and radius, the way to the other end and what the radius grows by, the square of that way. */
const ofSegment = 9;

/** A tube around a broken line, round at its ends, its radius linear between stations. */
export class Tube implements Shape {
  readonly #stations: readonly Station[];
  /** Numbers of one segment after the other. */
  readonly #segments: Float64Array;
  /** The segments near the row, the first `#count` of them. */
  readonly #near: Int32Array;
  #count = 0;
  /** Of the last point asked about: its offset in y from the midline as a share of the radius. */
  height = 0;

  constructor(stations: readonly Station[]) {
    this.#stations = stations;
    const segments = stations.slice(1).map((b, at) => {
      const a = stations[at];
      const [x, y, z, radius] = b.map((value, axis) => value - a[axis]);
      return [...a, x, y, z, radius, x * x + y * y + z * z];
    });
    this.#segments = Float64Array.from(segments.flat());
    this.#near = new Int32Array(segments.length);
  }

  row(y: number, z: number, margin: number): readonly [number, number] | null {
    this.#count = 0;
    let from = Number.POSITIVE_INFINITY;
    let to = Number.NEGATIVE_INFINITY;
    for (let at = 0; at + 1 < this.#stations.length; at++) {
      const a = this.#stations[at];
      const b = this.#stations[at + 1];
      const reach = Math.max(a[3], b[3]) + margin;
      if (y < Math.min(a[1], b[1]) - reach || y > Math.max(a[1], b[1]) + reach) continue;
      if (z < Math.min(a[2], b[2]) - reach || z > Math.max(a[2], b[2]) + reach) continue;
      this.#near[this.#count++] = at;
      from = Math.min(from, a[0] - reach, b[0] - reach);
      to = Math.max(to, a[0] + reach, b[0] + reach);
    }
    return this.#count === 0 ? null : [from, to];
  }

  distance(x: number, y: number, z: number): number {
    const segments = this.#segments;
    let best = 1e6;
    for (let order = 0; order < this.#count; order++) {
      const at = ofSegment * this.#near[order];
      const bx = segments[at + 4];
      const by = segments[at + 5];
      const bz = segments[at + 6];
      const px = x - segments[at];
      const py = y - segments[at + 1];
      const pz = z - segments[at + 2];
      const share = Math.min(1, Math.max(0, (px * bx + py * by + pz * bz) / segments[at + 8]));
      const dx = px - share * bx;
      const dy = py - share * by;
      const dz = pz - share * bz;
      const radius = segments[at + 3] + share * segments[at + 7];
      const distance = Math.sqrt(dx * dx + dy * dy + dz * dz) - radius;
      if (distance < best) {
        best = distance;
        this.height = dy / radius;
      }
    }
    return best;
  }
}

/** What belongs to either of two shapes, their seam rounded over `fillet` mm. */
export class Union implements Shape {
  readonly #parts: readonly [Shape, Shape];
  readonly #fillet: number;
  #near: [boolean, boolean] = [false, false];

  constructor(one: Shape, other: Shape, fillet: number) {
    this.#parts = [one, other];
    this.#fillet = fillet;
  }

  row(y: number, z: number, margin: number): readonly [number, number] | null {
    const spans = this.#parts.map((part) => part.row(y, z, margin + this.#fillet));
    this.#near = [spans[0] !== null, spans[1] !== null];
    const there = spans.filter((span) => span !== null);
    if (there.length === 0) return null;
    return [Math.min(...there.map(([from]) => from)), Math.max(...there.map(([, to]) => to))];
  }

  distance(x: number, y: number, z: number): number {
    const [one, other] = this.#parts;
    const a = this.#near[0] ? one.distance(x, y, z) : 1e6;
    const b = this.#near[1] ? other.distance(x, y, z) : 1e6;
    const h = Math.max(0, this.#fillet - Math.abs(a - b)) / this.#fillet;
    return Math.min(a, b) - h * h * this.#fillet * 0.25;
  }
}

/** What of a shape lies outside another, `gap` mm from it at least. */
export class Difference implements Shape {
  readonly #whole: Shape;
  readonly #cut: Shape;
  readonly #gap: number;
  #cuts = false;

  constructor(whole: Shape, cut: Shape, gap: number) {
    this.#whole = whole;
    this.#cut = cut;
    this.#gap = gap;
  }

  row(y: number, z: number, margin: number): readonly [number, number] | null {
    this.#cuts = this.#cut.row(y, z, margin + this.#gap) !== null;
    return this.#whole.row(y, z, margin);
  }

  distance(x: number, y: number, z: number): number {
    const whole = this.#whole.distance(x, y, z);
    return this.#cuts ? Math.max(whole, this.#gap - this.#cut.distance(x, y, z)) : whole;
  }
}

function cross(a: Point, b: Point): Point {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(a: Point): Point {
  const length = Math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
  return [a[0] / length, a[1] / length, a[2] / length];
}
