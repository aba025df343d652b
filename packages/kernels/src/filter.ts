import { checkColumns, checkGamma, checkLevels, checkOffsets, SIDES } from './arguments.ts';
import type { ActiveFloor, Bounds } from './columns.ts';
import { SemcrcError } from './error.ts';
import { type Instance, instanceOf, type Kernels } from './instance.ts';
import { CHUNK, forEachChunk, Operand } from './staging.ts';

/** What the kernels may write beyond the last value kept. */
const OVERRUN = 3;

/** Outputs that fill up: kernels write into them where they have room to spare, else by way of scratch. */
class Filling {
  readonly #instance: Instance;
  readonly #columns: readonly Float32Array[];
  /** Where the next value of each column goes, for columns on kernel memory. */
  readonly #addresses: number[];
  readonly #onMemory: boolean;
  readonly #stages: readonly number[];
  /** Whether the addresses given last are the columns' own. */
  #direct = false;
  end = 0;

  constructor(instance: Instance, columns: readonly Float32Array[]) {
    this.#instance = instance;
    this.#columns = columns;
    this.#addresses = columns.map(({ byteOffset }) => byteOffset);
    this.#onMemory = columns.every(({ buffer }) => buffer === instance.memory.buffer);
    this.#stages = columns.map(() => instance.take((CHUNK + OVERRUN) * 4));
  }

  /** Where a kernel may write what it keeps of `count` values, one address for each column; `close` must follow. */
  open(count: number): readonly number[] {
    this.#direct = this.#onMemory && count + OVERRUN <= this.#columns[0].length - this.end;
    return this.#direct ? this.#addresses : this.#stages;
  }

  /** Takes note of how many were kept, and moves them where they belong. */
  close(kept: number): void {
    if (!this.#direct) this.#move(kept);
    this.end += kept;
    for (let c = 0; c < this.#addresses.length; c++) this.#addresses[c] += kept * 4;
  }

  #move(kept: number): void {
    const { length } = this.#columns[0];
    if (kept > length - this.end) {
      throw new SemcrcError(
        'bad-input',
        `the outputs hold ${length} values, but more than that are kept; make them as long as the input`,
        { data: { found: length } },
      );
    }
    this.#columns.forEach((column, c) => {
      column.set(new Float32Array(this.#instance.memory.buffer, this.#stages[c], kept), this.end);
    });
  }
}

/**
 * Keeps the voxels that can have a surrogate loss above a floor: a > γ·i + shift with a = |2·truth − lower − upper|,
 * i = upper − lower in f64. For every γ' ≥ γ and λ with 2γ'λ ≥ shift ≥ 0 the others have none, since ℓ^γ' is 0 where
 * a ≤ γ'·(i + 2λ). `side` keeps only voxels whose truth lies below (above) the centre. NaN is kept.
 *
 * Fastest with `out` on kernel memory and three values longer than needed; what lies beyond the last value kept is
 * overwritten there.
 *
 * @param columns contiguous by segment, lower ≤ upper.
 * @param offsets segment s owns offsets[s] (inclusive) to offsets[s + 1] (exclusive); never decreasing.
 * @param out columns of one length for the voxels kept, none of them an input; contents beyond them are undefined.
 * @returns offsets of the segments in `out`.
 * @throws SemcrcError `bad-input` on wrong types or lengths, offsets or γ out of range, NaN in `shift`, or too short outputs.
 */
export function filterActive(
  k: Kernels,
  columns: Bounds,
  offsets: Uint32Array,
  { gamma, shift, side }: ActiveFloor,
  out: Bounds,
): Uint32Array {
  const { truth, lower, upper } = columns;
  const segments = checkOffsets(offsets, checkColumns('Float32Array', { truth, lower, upper }));
  checkColumns('Float32Array', { 'out.truth': out.truth, 'out.lower': out.lower, 'out.upper': out.upper });
  checkLevels('Float64Array', 'shift', shift, segments);
  checkGamma(gamma);
  const instance = instanceOf(k);
  const kept = new Uint32Array(segments + 1);
  const scope = instance.open();
  try {
    const x = new Operand(instance, truth);
    const a = new Operand(instance, lower);
    const b = new Operand(instance, upper);
    const filling = new Filling(instance, [out.truth, out.lower, out.upper]);
    for (let s = 0; s < segments; s++) {
      const end = offsets[s + 1];
      for (let start = offsets[s]; start < end; start += CHUNK) {
        const count = Math.min(CHUNK, end - start);
        const to = filling.open(count);
        filling.close(
          instance.raw.takeActive(
            x.load(start, count),
            a.load(start, count),
            b.load(start, count),
            count,
            gamma,
            shift[s],
            SIDES[side],
            to[0],
            to[1],
            to[2],
          ),
        );
      }
      kept[s + 1] = filling.end;
    }
  } finally {
    instance.close(scope);
  }
  return kept;
}

/**
 * Keeps the values above `low` and below `high`, in order; NaN is kept. Fastest with `out` on kernel memory and three
 * values longer than needed; what lies beyond the last value kept is overwritten there.
 *
 * @param low,high f32; infinite allowed.
 * @param out not the input; contents beyond the values kept are undefined.
 * @returns how many values are kept.
 * @throws SemcrcError `bad-input` on wrong types, or a too short output.
 */
export function filterWithin(
  k: Kernels,
  values: Float32Array,
  low: number,
  high: number,
  out: Float32Array,
): number {
  checkColumns('Float32Array', { values });
  checkColumns('Float32Array', { out });
  const instance = instanceOf(k);
  return instance.scoped(() => {
    const operand = new Operand(instance, values);
    const filling = new Filling(instance, [out]);
    forEachChunk(values.length, (start, count) => {
      const [to] = filling.open(count);
      filling.close(instance.raw.takeWithin(operand.load(start, count), count, low, high, to));
    });
    return filling.end;
  });
}
