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
  readonly #queue: Int32Array;
  readonly #label: Int32Array;

  constructor(height: number, width: number) {
    this.#height = height;
    this.#width = width;
    this.#distance = new Int32Array(height * width);
    this.#queue = new Int32Array(height * width);
    this.#label = new Int32Array(height * width);
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
      // The next column, from the window of the pixel on, with such a pixel within the radius.
      let next = 0;
      for (let x = 0; x < width; x++) {
        const from = Math.max(0, x - radius);
        const to = Math.min(width - 1, x + radius);
        if (next < from) next = from;
        while (next < width && distance[row + next] > radius) next += 1;
        if (next > to || mask[row + x] === value) continue;
        for (let near = next; near <= to; near++) {
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
    const label = this.#label.fill(0);
    let components = 0;
    let largest = 0;
    let size = 0;
    for (let start = 0; start < mask.length; start++) {
      if (mask[start] === 0 || label[start] !== 0) continue;
      components += 1;
      const count = this.#flood(mask, start, components, 8);
      if (count > size) {
        size = count;
        largest = components;
      }
    }
    for (let at = 0; at < mask.length; at++) mask[at] = size > 0 && label[at] === largest ? 1 : 0;
    return size > 0;
  }

  /** Sets every pixel that no 4-connected path of unset ones joins to the edge. */
  fillHoles(mask: Uint8Array): void {
    const [height, width] = [this.#height, this.#width];
    const outside = this.#label.fill(0);
    for (let x = 0; x < width; x++) {
      this.#flood(mask, x, 1, 4);
      this.#flood(mask, (height - 1) * width + x, 1, 4);
    }
    for (let y = 0; y < height; y++) {
      this.#flood(mask, y * width, 1, 4);
      this.#flood(mask, y * width + width - 1, 1, 4);
    }
    for (let at = 0; at < mask.length; at++) if (outside[at] === 0) mask[at] = 1;
  }

  /**
   * Labels what can be reached from a pixel through pixels without a label: set ones by their 8 neighbours, unset ones by 4. Returns how many
   * there are.
   */
  #flood(mask: Uint8Array, start: number, component: number, neighbours: 4 | 8): number {
    const [height, width] = [this.#height, this.#width];
    const value = neighbours === 8 ? 1 : 0;
    const queue = this.#queue;
    const label = this.#label;
    if (mask[start] !== value || label[start] !== 0) return 0;
    label[start] = component;
    queue[0] = start;
    let filled = 1;
    for (let next = 0; next < filled; next++) {
      const at = queue[next];
      const x = at % width;
      const y = (at - x) / width;
      const [left, right] = [x > 0 ? -1 : 0, x + 1 < width ? 1 : 0];
      const [up, down] = [y > 0 ? -1 : 0, y + 1 < height ? 1 : 0];
      for (let dy = up; dy <= down; dy++) {
        for (let dx = left; dx <= right; dx++) {
          if (neighbours === 4 && dx !== 0 && dy !== 0) continue;
          const to = at + dy * width + dx;
          if (mask[to] !== value || label[to] !== 0) continue;
          label[to] = component;
          queue[filled++] = to;
        }
      }
    }
    return filled;
  }
}
