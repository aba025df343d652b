/** Above this windowed intensity a pixel of the point prediction is taken for tissue (−132.5 HU in the default window). */
const tissueAbove = 0.1;
const openingRadius = 3;
const dilationRadius = 5;

/**
 * The body in every slice of a point prediction, as the authors of sem-CRC make it: what exceeds 0.1, opened with a disk
 * of radius 3, its largest 8-connected component, dilated with a disk of radius 5, holes filled (a hole touches the edge
 * of the slice by no side of a pixel). A disk holds the pixels within its radius of the centre, inclusive.
 *
 * @returns 1 inside the body, 0 outside, in the order of `point` (slices × height × width, x fastest).
 */
export function bodyMask(
  point: Float32Array,
  [slices, height, width]: readonly [slices: number, height: number, width: number],
): Uint8Array {
  const area = height * width;
  const body = new Uint8Array(slices * area);
  const plane = new Plane(height, width);
  for (let slice = 0; slice < slices; slice++) {
    const mask = body.subarray(slice * area, (slice + 1) * area);
    for (let at = 0; at < area; at++) mask[at] = point[slice * area + at] > tissueAbove ? 1 : 0;
    plane.erode(mask, openingRadius);
    plane.dilate(mask, openingRadius);
    if (!plane.keepLargest(mask)) continue;
    plane.dilate(mask, dilationRadius);
    plane.fillHoles(mask);
  }
  return body;
}

/** Binary morphology on slices of one size; masks are changed in place. */
class Plane {
  readonly #height: number;
  readonly #width: number;
  readonly #distance: Int32Array;
  /** Runs of equal pixels along rows, in reading order: first pixel, and the one behind the last. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** An earlier run of the same component, or the run itself where it is the first. */
  readonly #earlier: Int32Array;

  constructor(height: number, width: number) {
    const mostRuns = height * Math.ceil(width / 2);
    this.#height = height;
    this.#width = width;
    this.#distance = new Int32Array(height * width);
    this.#starts = new Int32Array(mostRuns);
    this.#ends = new Int32Array(mostRuns);
    this.#earlier = new Int32Array(mostRuns);
  }

  /** Keeps pixels whose whole disk is set; beyond the edge counts as set. */
  erode(mask: Uint8Array, radius: number): void {
    this.#spread(mask, radius, 0);
  }

  /** Sets every pixel with a set one in its disk. */
  dilate(mask: Uint8Array, radius: number): void {
    this.#spread(mask, radius, 1);
  }

  /** Gives `value` to every pixel within `radius` of a pixel that has it. */
  #spread(mask: Uint8Array, radius: number, value: 0 | 1): void {
    const [height, width] = [this.#height, this.#width];
    const far = radius + 1;
    const distance = this.#distance;
    // Along columns: steps to the nearest pixel of the value, capped.
    for (let x = 0; x < width; x++) {
      let steps = far;
      for (let y = 0, at = x; y < height; y++, at += width) {
        steps = mask[at] === value ? 0 : Math.min(far, steps + 1);
        distance[at] = steps;
      }
      steps = far;
      for (let y = height - 1, at = y * width + x; y >= 0; y--, at -= width) {
        steps = mask[at] === value ? 0 : Math.min(far, steps + 1);
        if (steps < distance[at]) distance[at] = steps;
      }
    }
    // Along rows: so far to either side a pixel so many steps away reaches within the disk; not to itself when too far.
    const reach = Int32Array.from({ length: far + 1 }, (_, steps) =>
      steps === far ? -1 : Math.floor(Math.sqrt(radius * radius - steps * steps)),
    );
    for (let y = 0; y < height; y++) {
      const row = y * width;
      for (let x = 0, until = -1; x < width; x++) {
        until = Math.max(until, x + reach[distance[row + x]]);
        if (x <= until) mask[row + x] = value;
      }
      for (let x = width - 1, until = width; x >= 0; x--) {
        until = Math.min(until, x - reach[distance[row + x]]);
        if (x >= until) mask[row + x] = value;
      }
    }
  }

  /** Keeps the largest 8-connected component, the first in reading order of equal ones; false when nothing is set. */
  keepLargest(mask: Uint8Array): boolean {
    const runs = this.#joinRuns(mask, 1, 1);
    const sizes = new Int32Array(runs);
    for (let run = 0; run < runs; run++) sizes[this.#firstOf(run)] += this.#ends[run] - this.#starts[run];
    let largest = 0;
    for (let run = 1; run < runs; run++) if (sizes[run] > sizes[largest]) largest = run;
    mask.fill(0);
    for (let run = 0; run < runs; run++) {
      if (this.#firstOf(run) === largest) mask.fill(1, this.#starts[run], this.#ends[run]);
    }
    return runs > 0;
  }

  /** Sets every pixel that no 4-connected path of unset ones joins to the edge. */
  fillHoles(mask: Uint8Array): void {
    const [starts, ends, width] = [this.#starts, this.#ends, this.#width];
    const runs = this.#joinRuns(mask, 0, 0);
    const lastRow = mask.length - width;
    const reachesEdge = new Uint8Array(runs);
    for (let run = 0; run < runs; run++) {
      const [start, end] = [starts[run], ends[run]];
      const atEdge = start < width || start >= lastRow || start % width === 0 || end % width === 0;
      if (atEdge) reachesEdge[this.#firstOf(run)] = 1;
    }
    for (let run = 0; run < runs; run++) {
      if (reachesEdge[this.#firstOf(run)] === 0) mask.fill(1, starts[run], ends[run]);
    }
  }

  /**
   * Finds the runs of pixels that have `value`, and joins each with those of the row above that it touches by a side, or by a corner
   * where `corner` is 1. Returns how many there are.
   */
  #joinRuns(mask: Uint8Array, value: 0 | 1, corner: 0 | 1): number {
    const [starts, ends, earlier, width] = [this.#starts, this.#ends, this.#earlier, this.#width];
    let runs = 0;
    let above = 0;
    for (let row = 0; row < mask.length; row += width) {
      const firstOfRow = runs;
      for (let at = row; at < row + width; at++) {
        if (mask[at] !== value) continue;
        const start = at;
        while (at < row + width && mask[at] === value) at++;
        starts[runs] = start;
        ends[runs] = at;
        earlier[runs] = runs;
        while (above < firstOfRow && ends[above] + width <= start - corner) above++;
        for (let near = above; near < firstOfRow && starts[near] + width < at + corner; near++) {
          this.#join(near, runs);
        }
        runs += 1;
      }
      above = firstOfRow;
    }
    return runs;
  }

  #join(one: number, other: number): void {
    const [a, b] = [this.#firstOf(one), this.#firstOf(other)];
    this.#earlier[Math.max(a, b)] = Math.min(a, b);
  }

  /** The first run of the component that a run belongs to. */
  #firstOf(run: number): number {
    const earlier = this.#earlier;
    let at = run;
    while (earlier[at] !== at) {
      earlier[at] = earlier[earlier[at]];
      at = earlier[at];
    }
    return at;
  }
}
