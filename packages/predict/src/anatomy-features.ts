import type { Shape, Vector3 } from '@semcrc/imaging';
import { smoothSlice } from './smoothing.ts';

/** About this many mm in the plane stand for one block of the grid that organs are told apart on. */
const blockSize = 6;
/** Where around a block the stand-in looks, in blocks: rings of eight at these radii. */
const rings = [1, 3, 6, 11] as const;
const directions = [
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
  [-1, -1],
  [0, -1],
  [1, -1],
] as const;
/** Every place of the rings: its ring, and how far away in columns and rows. */
const around = rings.flatMap((radius, ring) =>
  directions.map(([dx, dy]) => {
    const step = dx !== 0 && dy !== 0 ? Math.round(radius * 0.7) : radius;
    return { ring, columns: dx * step, rows: dy * step };
  }),
);
/** Parts of the body whose mean and brightness tell the height of a slice: columns × rows of its box. */
const parts = [4, 3] as const;

const own = 4;
const place = 7;
const wholeSlice = parts[0] * parts[1] * 2 + 1;

/** Numbers that {@link AnatomyFeatures} gives for a block. */
export const anatomyFeatureCount = own + around.length + place + wholeSlice;

/** The grid of one slice: blocks of `stride` × `stride` pixels. */
export interface BlockGrid {
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
}

/** The blocks of slices of this size and spacing. */
export function blockGrid([, height, width]: Shape, [x]: Vector3): BlockGrid {
  const stride = Math.max(1, Math.round(blockSize / x));
  return { stride, rows: Math.ceil(height / stride), columns: Math.ceil(width / stride) };
}

/**
 * What tells organs apart in a slice of a point prediction: brightness here and around, where in the body, and what the
 * slice as a whole looks like.
 */
export class AnatomyFeatures {
  readonly grid: BlockGrid;
  readonly #height: number;
  readonly #width: number;
  readonly #blocks: Float32Array;
  readonly #smooth: Float32Array;
  readonly #wide: Float32Array;
  readonly #rows: Float32Array;
  /** Share of each block inside the body. */
  readonly inside: Float32Array;
  readonly #slice = new Float64Array(wholeSlice);
  readonly #scale: number;
  #box = { left: 0, right: 1, top: 0, bottom: 1 };
  #level = -1;

  constructor(shape: Shape, spacing: Vector3) {
    this.grid = blockGrid(shape, spacing);
    [, this.#height, this.#width] = shape;
    const blocks = this.grid.rows * this.grid.columns;
    this.#blocks = new Float32Array(blocks);
    this.#smooth = new Float32Array(blocks);
    this.#wide = new Float32Array(blocks);
    this.#rows = new Float32Array(blocks);
    this.inside = new Float32Array(blocks);
    this.#scale = (this.grid.stride * spacing[0]) / 200;
  }

  /**
   * Readies for one slice.
   *
   * @param height where the slice lies in the range of slices, 0 lowest … 1 highest; −1 where that is unknown.
   */
  look(point: Float32Array, body: Uint8Array, height: number): void {
    const { stride, rows, columns } = this.grid;
    this.#level = height;
    const box = { left: columns, right: 0, top: rows, bottom: 0 };
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        let inside = 0;
        let count = 0;
        const endY = Math.min(this.#height, (row + 1) * stride);
        const endX = Math.min(this.#width, (column + 1) * stride);
        for (let y = row * stride; y < endY; y++) {
          for (let x = column * stride; x < endX; x++) {
            sum += point[y * this.#width + x];
            inside += body[y * this.#width + x];
            count += 1;
          }
        }
        const block = row * columns + column;
        this.#blocks[block] = sum / count;
        this.inside[block] = inside / count;
        if (inside * 2 >= count) {
          box.left = Math.min(box.left, column);
          box.right = Math.max(box.right, column + 1);
          box.top = Math.min(box.top, row);
          box.bottom = Math.max(box.bottom, row + 1);
        }
      }
    }
    this.#box = box.right > box.left ? box : { left: 0, right: columns, top: 0, bottom: rows };
    smoothSlice(this.#blocks, this.#smooth, this.#rows, rows, columns, 1);
    smoothSlice(this.#smooth, this.#wide, this.#rows, rows, columns, 2);
    this.#describe();
  }

  /** Mean and share of bright blocks in every part of the body's box, and the share of air. */
  #describe(): void {
    const { columns } = this.grid;
    const { left, right, top, bottom } = this.#box;
    const [across, down] = parts;
    this.#slice.fill(0);
    const counts = new Float64Array(across * down);
    let air = 0;
    let all = 0;
    for (let row = top; row < bottom; row++) {
      const v = Math.floor(((row - top) * down) / (bottom - top));
      for (let column = left; column < right; column++) {
        const block = row * columns + column;
        if (this.inside[block] < 0.5) continue;
        const u = Math.floor(((column - left) * across) / (right - left));
        const part = v * across + u;
        const value = this.#blocks[block];
        counts[part] += 1;
        this.#slice[2 * part] += value;
        if (value > 0.78) this.#slice[2 * part + 1] += 1;
        if (value < 0.06) air += 1;
        all += 1;
      }
    }
    for (let part = 0; part < counts.length; part++) {
      const count = Math.max(1, counts[part]);
      this.#slice[2 * part] /= count;
      this.#slice[2 * part + 1] /= count;
    }
    this.#slice[wholeSlice - 1] = air / Math.max(1, all);
  }

  /** Mean intensity of a block. */
  #value(values: Float32Array, row: number, column: number): number {
    const { rows, columns } = this.grid;
    const y = row < 0 ? 0 : row >= rows ? rows - 1 : row;
    const x = column < 0 ? 0 : column >= columns ? columns - 1 : column;
    return values[y * columns + x];
  }

  /** The features of one block of the slice last looked at, into {@link anatomyFeatureCount} numbers from `to` on. */
  at(row: number, column: number, into: Float64Array, to = 0): void {
    let next = to;
    const block = row * this.grid.columns + column;
    into[next++] = this.#blocks[block];
    into[next++] = this.#smooth[block];
    into[next++] = this.#wide[block];
    into[next++] = Math.abs(this.#blocks[block] - this.#smooth[block]);
    for (let at = 0; at < around.length; at++) {
      const { ring, rows, columns } = around[at];
      const values = ring === 0 ? this.#blocks : ring === 1 ? this.#smooth : this.#wide;
      into[next++] = this.#value(values, row + rows, column + columns);
    }
    const { left, right, top, bottom } = this.#box;
    const u = (2 * column + 1 - left - right) / (right - left);
    const v = (2 * row + 1 - top - bottom) / (bottom - top);
    into[next++] = u;
    into[next++] = v;
    into[next++] = u * u;
    into[next++] = v * v;
    into[next++] = (right - left) * this.#scale;
    into[next++] = (bottom - top) * this.#scale;
    into[next++] = this.#level;
    into.set(this.#slice, next);
  }
}
