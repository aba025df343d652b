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
  /** The mask with a frame of one pixel around it, so that no step from a pixel of the mask leaves the array. */
  readonly #cells: Uint8Array;
  readonly #queue: Int32Array;
  /** To the neighbours of a cell. */
  readonly #four: readonly number[];
  readonly #eight: readonly number[];

  constructor(height: number, width: number) {
    this.#height = height;
    this.#width = width;
    this.#distance = new Int32Array(height * width);
    const row = width + 2;
    this.#cells = new Uint8Array((height + 2) * row);
    this.#queue = new Int32Array(this.#cells.length);
    this.#four = [-row, -1, 1, row];
    this.#eight = [-row - 1, -row, -row + 1, -1, 1, row - 1, row, row + 1];
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
    const reach = radius * radius;
    for (let y = 0; y < height; y++) {
      const row = y * width;
      for (let x = 0; x < width; x++) {
        if (mask[row + x] === value) continue;
        const from = Math.max(0, x - radius);
        const to = Math.min(width - 1, x + radius);
        for (let near = from; near <= to; near++) {
          const steps = distance[row + near];
          if (steps <= radius && steps * steps + (near - x) * (near - x) <= reach) {
            mask[row + x] = value === 1 ? 3 : 2;
            break;
          }
        }
      }
    }
    // 2 and 3 mark pixels that change, so that the scan above sees the mask as it was.
    for (let at = 0; at < mask.length; at++) mask[at] = mask[at] === 2 ? 0 : mask[at] === 3 ? 1 : mask[at];
  }

  /** Keeps the largest 8-connected component, the first in reading order of equal ones; false when nothing is set. */
  keepLargest(mask: Uint8Array): boolean {
    this.#frame(mask);
    const cells = this.#cells;
    let [largest, size] = [0, 0];
    for (let start = 0; start < cells.length; start++) {
      if (cells[start] !== 1) continue;
      const count = this.#flood(start, this.#eight, 2);
      if (count > size) [largest, size] = [start, count];
    }
    if (size > 0) this.#flood(largest, this.#eight, 3);
    this.#unframe(mask, (cell) => cell === 3);
    return size > 0;
  }

  /** Sets every pixel that no 4-connected path of unset ones joins to the edge. */
  fillHoles(mask: Uint8Array): void {
    this.#frame(mask);
    // The frame is unset, and joins all that reaches the edge.
    const outside = 2;
    this.#flood(0, this.#four, outside);
    this.#unframe(mask, (cell) => cell !== outside);
  }

  /** Puts the mask into the middle of `#cells`, whose frame stays unset. */
  #frame(mask: Uint8Array): void {
    const [height, width] = [this.#height, this.#width];
    this.#cells.fill(0);
    for (let y = 0; y < height; y++) {
      this.#cells.set(mask.subarray(y * width, (y + 1) * width), (y + 1) * (width + 2) + 1);
    }
  }

  #unframe(mask: Uint8Array, isSet: (cell: number) => boolean): void {
    const [height, width] = [this.#height, this.#width];
    for (let y = 0, to = 0; y < height; y++) {
      const row = (y + 1) * (width + 2) + 1;
      for (let x = 0; x < width; x++, to++) mask[to] = isSet(this.#cells[row + x]) ? 1 : 0;
    }
  }

  /** Gives `value` to a cell and to all cells like it that it reaches by these steps; returns how many. */
  #flood(start: number, steps: readonly number[], value: number): number {
    const [cells, queue] = [this.#cells, this.#queue];
    const before = cells[start];
    cells[start] = value;
    queue[0] = start;
    let filled = 1;
    for (let next = 0; next < filled; next++) {
      for (const step of steps) {
        const to = queue[next] + step;
        // Beyond the ends of the cells there is `undefined`.
        if (cells[to] !== before) continue;
        cells[to] = value;
        queue[filled++] = to;
      }
    }
    return filled;
  }
}
