import { checkColumn, checkGroups } from './arguments.ts';
import type { Groups } from './columns.ts';
import { SemcrcError } from './error.ts';
import { type Instance, instanceOf, type Kernels } from './instance.ts';
import { CHUNK, GroupOperand, Operand } from './staging.ts';

/** Largest number of u8 groups that are counted by comparison. */
export const FEW_GROUPS = 16;

/**
 * Voxels per group.
 *
 * @param groupCount 1 … 65536; every group number must be below it.
 * @returns counts, length groupCount.
 * @throws SemcrcError `bad-input` on a group out of range (with its index).
 */
export function countGroups(k: Kernels, groups: Groups, groupCount: number): Uint32Array {
  checkGroups(groups, groupCount, groups.length);
  const instance = instanceOf(k);
  const scope = instance.open();
  try {
    return count(instance, new GroupOperand(instance, groups, groupCount), groups.length, groupCount);
  } finally {
    instance.close(scope);
  }
}

function count(instance: Instance, operand: GroupOperand, n: number, groupCount: number): Uint32Array {
  const { raw } = instance;
  const counts = instance.takeZeroed(groupCount * 4);
  const few = !operand.wide && groupCount <= FEW_GROUPS;
  const countChunk = operand.wide ? raw.countGroups16 : raw.countGroups8;
  for (let start = 0; start < n; start += CHUNK) {
    const length = Math.min(CHUNK, n - start);
    const chunk = operand.load(start, length);
    if (few) raw.countFewGroups8(chunk, length, groupCount, counts);
    else countChunk(chunk, length, counts);
  }
  return instance.uint32(counts, groupCount).slice();
}

/** The running sum of counts with a leading 0: offsets of contiguous segments. */
export function offsetsOf(counts: Uint32Array): Uint32Array {
  const offsets = new Uint32Array(counts.length + 1);
  for (let g = 0; g < counts.length; g++) offsets[g + 1] = offsets[g] + counts[g];
  return offsets;
}

/**
 * Gathers voxels by group: a stable counting sort that makes every group one contiguous segment, so that λ is constant
 * in the inner loops that follow. `out[c]` receives `columns[c]` in group order.
 *
 * Fastest with `out` on kernel memory; arrays elsewhere receive each chunk's runs by copy.
 *
 * @param columns any number of columns, each as long as `groups`.
 * @param out one array per column, of the same length, none of them an input.
 * @returns segment offsets, length groupCount + 1: group g owns offsets[g] (inclusive) to offsets[g + 1] (exclusive).
 * @throws SemcrcError `bad-input` on wrong types or lengths or a group out of range (with its index).
 */
export function gather(
  k: Kernels,
  groups: Groups,
  groupCount: number,
  columns: readonly Float32Array[],
  out: readonly Float32Array[],
): Uint32Array {
  checkGroups(groups, groupCount, groups.length);
  if (columns.length !== out.length) {
    throw new SemcrcError(
      'bad-input',
      `gather got ${columns.length} columns but ${out.length} arrays to put them in`,
    );
  }
  for (let c = 0; c < columns.length; c++) {
    checkColumn('Float32Array', `columns[${c}]`, columns[c], groups.length);
    checkColumn('Float32Array', `out[${c}]`, out[c], groups.length);
  }
  const instance = instanceOf(k);
  const { raw } = instance;
  const scope = instance.open();
  try {
    const operand = new GroupOperand(instance, groups, groupCount);
    const stage = instance.take(CHUNK * 4);
    const sources = columns.map((column) => new Operand(instance, column, stage));
    const addresses = out.map((column) =>
      column.buffer === instance.memory.buffer ? column.byteOffset : -1,
    );
    const staged = addresses.includes(-1);
    const places = instance.take(CHUNK * 4);
    const chunkPlaces = instance.take(staged ? CHUNK * 4 : 0);
    const sorted = instance.take(staged ? CHUNK * 4 : 0);
    const chunkCounts = instance.take(staged ? groupCount * 4 : 0);
    const counts = count(instance, operand, groups.length, groupCount);
    const offsets = offsetsOf(counts);
    const cursors = instance.takeCopy(offsets);

    const rank = operand.wide ? raw.rank16 : raw.rank8;
    const countChunk = operand.wide ? raw.countGroups16 : raw.countGroups8;
    for (let start = 0; start < groups.length; start += CHUNK) {
      const length = Math.min(CHUNK, groups.length - start);
      const chunk = operand.reload(start, length);
      let runs: Runs | undefined;
      if (staged) {
        const counters = instance.uint32(chunkCounts, groupCount).fill(0);
        countChunk(chunk, length, chunkCounts);
        runs = planRuns(counters, instance.uint32(cursors, groupCount));
        rank(chunk, length, chunkCounts, chunkPlaces);
      }
      rank(chunk, length, cursors, places);
      for (let c = 0; c < sources.length; c++) {
        const source = sources[c].load(start, length);
        if (addresses[c] >= 0) {
          raw.scatter(source, places, addresses[c], length);
        } else {
          raw.scatter(source, chunkPlaces, sorted, length);
          copyRuns(runs as Runs, new Float32Array(instance.memory.buffer, sorted, length), out[c]);
        }
      }
    }
    return offsets;
  } finally {
    instance.close(scope);
  }
}

/** Where the groups of one sorted chunk go: run r is [from[r], from[r + 1]) of the chunk and goes to to[r]. */
interface Runs {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Plans the runs of a chunk and turns its counts into the first place of each group. */
function planRuns(counts: Uint32Array, cursors: Uint32Array): Runs {
  const from: number[] = [];
  const to: number[] = [];
  let sum = 0;
  for (let g = 0; g < counts.length; g++) {
    const length = counts[g];
    if (length > 0) {
      from.push(sum);
      to.push(cursors[g]);
    }
    counts[g] = sum;
    sum += length;
  }
  from.push(sum);
  return { from, to };
}

function copyRuns({ from, to }: Runs, sorted: Float32Array, out: Float32Array): void {
  for (let r = 0; r < to.length; r++) {
    const start = from[r];
    const end = from[r + 1];
    if (end - start > 32) out.set(sorted.subarray(start, end), to[r]);
    else for (let j = start; j < end; j++) out[to[r] + j - start] = sorted[j];
  }
}
