import { SLICE_FEATURES, type SliceFeature } from './slice-features.ts';

/**
 * A regression tree as parallel arrays, nodes in preorder: the left child of an inner node follows it. Leaves are numbered
 * from left to right.
 */
export interface RegressionTree {
  /** Index of the feature a node asks for (into `SLICE_FEATURES`), −1 at a leaf. */
  readonly feature: readonly number[];
  /** A value up to the cut (an f32) goes left; 0 at a leaf. */
  readonly cut: readonly number[];
  /** Right child of an inner node; at a leaf its number. */
  readonly right: readonly number[];
}

/** Training rows, column by column. */
export interface TreeRows {
  readonly columns: readonly Float32Array[];
  readonly target: Float32Array | Float64Array;
}

/** Candidate cuts of each feature, and how many of its values, at even steps, they are quantiles of. */
const BINS = 256;
const MOST_SORTED = 2 ** 14;

interface Leaf {
  /** Rows order[start] up to, excluding, order[end]. */
  readonly start: number;
  readonly end: number;
  readonly split: Split | null;
  node: number;
}

interface Split {
  readonly gain: number;
  readonly feature: number;
  /** Last bin that goes left. */
  readonly bin: number;
}

interface Node {
  feature: number;
  cut: number;
  left: number;
  right: number;
}

/** Gains below this for each row, in units of the target, are rounding. */
const LEAST_GAIN = 1e-9;

/**
 * Spread of rows around their mean: their number times the standard deviation of the target, from its sums. Lengths of
 * intervals are in proportion to standard deviations, so that this is what leaves cost; both another mean and another
 * spread in a part of the rows lower it.
 */
const spreadOf = (count: number, sum: number, squares: number): number =>
  Math.sqrt(Math.max(0, count * squares - sum * sum));

/**
 * Grows a tree best first: the leaf whose best split lowers the spread (see `spreadOf`) most is split next, until there are
 * `leaves` or no split helps. Of equal gains the leaf found first counts, then the first feature, then the lowest cut.
 *
 * @param least rows that every leaf keeps
 */
export function growTree({ columns, target }: TreeRows, leaves: number, least: number): RegressionTree {
  const rows = target.length;
  const cuts = columns.map(candidateCuts);
  const codes = columns.map((column, f) => codesOf(column, cuts[f]));
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  const spare = new Uint32Array(rows);
  const nodes: Node[] = [{ feature: -1, cut: 0, left: 0, right: 0 }];
  const finder = new SplitFinder(codes, cuts, centred(target), least);
  const open: Leaf[] = [{ start: 0, end: rows, split: finder.best(order, 0, rows), node: 0 }];
  while (open.length < leaves) {
    let next = -1;
    for (let i = 0; i < open.length; i++) {
      const gain = open[i].split?.gain ?? 0;
      if (gain > (next < 0 ? 0 : (open[next].split?.gain ?? 0))) next = i;
    }
    if (next < 0) break;
    const { start, end, split, node } = open[next];
    if (!split) break;
    const { feature, bin } = split;
    const middle = divide(order, spare, start, end, codes[feature], bin);
    const left = nodes.length;
    nodes.push({ feature: -1, cut: 0, left: 0, right: 0 }, { feature: -1, cut: 0, left: 0, right: 0 });
    nodes[node] = { feature, cut: cuts[feature][bin], left, right: left + 1 };
    open[next] = { start, end: middle, split: finder.best(order, start, middle), node: left };
    open.push({ start: middle, end, split: finder.best(order, middle, end), node: left + 1 });
  }
  return inPreorder(nodes);
}

/** Distinct quantiles, without the largest value: a value equal to a cut goes left. */
function candidateCuts(column: Float32Array): Float32Array {
  const step = Math.ceil(column.length / MOST_SORTED);
  const sorted = new Float32Array(Math.ceil(column.length / step));
  for (let i = 0; i < sorted.length; i++) sorted[i] = column[i * step];
  sorted.sort();
  const cuts: number[] = [];
  for (let i = 1; i < BINS; i++) {
    const value = sorted[Math.floor((i * sorted.length) / BINS)];
    if (value < sorted[sorted.length - 1] && value !== cuts[cuts.length - 1]) cuts.push(value);
  }
  return Float32Array.from(cuts);
}

/** Number of cuts below each value. */
function codesOf(column: Float32Array, cuts: Float32Array): Uint8Array {
  const codes = new Uint8Array(column.length);
  for (let row = 0; row < column.length; row++) {
    const value = column[row];
    let low = 0;
    let high = cuts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value > cuts[middle]) low = middle + 1;
      else high = middle;
    }
    codes[row] = low;
  }
  return codes;
}

/** The target less its mean: sums of its squares round least. */
function centred(target: TreeRows['target']): Float64Array {
  let sum = 0;
  for (let row = 0; row < target.length; row++) sum += target[row];
  const mean = sum / Math.max(target.length, 1);
  return Float64Array.from(target, (value) => value - mean);
}

/** Finds the best split of rows, by histograms of the target over the bins of each feature. */
class SplitFinder {
  readonly #codes: readonly Uint8Array[];
  readonly #cuts: readonly Float32Array[];
  readonly #target: Float64Array;
  readonly #least: number;
  readonly #sums = new Float64Array(BINS);
  readonly #squares = new Float64Array(BINS);
  readonly #counts = new Uint32Array(BINS);

  constructor(
    codes: readonly Uint8Array[],
    cuts: readonly Float32Array[],
    target: Float64Array,
    least: number,
  ) {
    this.#codes = codes;
    this.#cuts = cuts;
    this.#target = target;
    this.#least = least;
  }

  best(order: Uint32Array, start: number, end: number): Split | null {
    const n = end - start;
    if (n < 2 * this.#least) return null;
    let total = 0;
    let totalSquares = 0;
    for (let i = start; i < end; i++) {
      const value = this.#target[order[i]];
      total += value;
      totalSquares += value * value;
    }
    const whole = spreadOf(n, total, totalSquares);
    const least = LEAST_GAIN * this.#target.length;
    let best: Split | null = null;
    for (let feature = 0; feature < this.#codes.length; feature++) {
      this.#fill(order, start, end, this.#codes[feature]);
      let sum = 0;
      let squares = 0;
      let count = 0;
      for (let bin = 0; bin < this.#cuts[feature].length; bin++) {
        sum += this.#sums[bin];
        squares += this.#squares[bin];
        count += this.#counts[bin];
        if (count < this.#least) continue;
        if (n - count < this.#least) break;
        const left = spreadOf(count, sum, squares);
        const gain = whole - left - spreadOf(n - count, total - sum, totalSquares - squares);
        if (gain > (best?.gain ?? least)) best = { gain, feature, bin };
      }
    }
    return best;
  }

  #fill(order: Uint32Array, start: number, end: number, codes: Uint8Array): void {
    const sums = this.#sums.fill(0);
    const squares = this.#squares.fill(0);
    const counts = this.#counts.fill(0);
    const target = this.#target;
    for (let i = start; i < end; i++) {
      const row = order[i];
      const code = codes[row];
      const value = target[row];
      sums[code] += value;
      squares[code] += value * value;
      counts[code]++;
    }
  }
}

/** Brings rows up to a bin to the front, keeping their order; where the others begin. */
function divide(
  order: Uint32Array,
  spare: Uint32Array,
  start: number,
  end: number,
  codes: Uint8Array,
  bin: number,
): number {
  let left = start;
  let others = 0;
  for (let i = start; i < end; i++) {
    const row = order[i];
    if (codes[row] <= bin) order[left++] = row;
    else spare[others++] = row;
  }
  order.set(spare.subarray(0, others), left);
  return left;
}

function inPreorder(nodes: readonly Node[]): RegressionTree {
  const feature: number[] = [];
  const cut: number[] = [];
  const right: number[] = [];
  let leaves = 0;
  const visit = (at: number): void => {
    const node = nodes[at];
    const place = feature.push(node.feature) - 1;
    cut.push(node.cut);
    right.push(0);
    if (node.feature < 0) {
      right[place] = leaves++;
      return;
    }
    visit(node.left);
    right[place] = feature.length;
    visit(node.right);
  };
  visit(0);
  return { feature, cut, right };
}

/** Number of leaves. */
export function leavesOf({ feature }: RegressionTree): number {
  return (feature.length + 1) / 2;
}

/** Whether arrays read from a file are a tree: every node reached once, leaves numbered from left to right. */
export function isTree({ feature, cut, right }: RegressionTree): boolean {
  const size = feature.length;
  if (cut.length !== size || right.length !== size) return false;
  let leaves = 0;
  // Right children still to come, the next one on top.
  const waiting: number[] = [];
  for (let at = 0; at < size; at++) {
    if (!(feature[at] >= -1 && feature[at] < SLICE_FEATURES.length)) return false;
    if (feature[at] >= 0) {
      if (Math.fround(cut[at]) !== cut[at] || !(right[at] > at + 1)) return false;
      waiting.push(right[at]);
      continue;
    }
    if (right[at] !== leaves++) return false;
    const next = waiting.pop();
    if (next === undefined) return at === size - 1;
    if (next !== at + 1) return false;
  }
  return false;
}

/** The rule of every leaf in words, such as `width ≤ 0.05 and intensity > 0.4`; bounds on one feature are joined. */
export function rulesOf(tree: RegressionTree): string[] {
  const rules: string[] = [];
  type Range = readonly [above: number, upTo: number];
  const visit = (at: number, ranges: ReadonlyMap<SliceFeature, Range>): void => {
    const { feature, cut, right } = tree;
    if (feature[at] < 0) {
      rules[right[at]] = inWords(ranges);
      return;
    }
    const name = SLICE_FEATURES[feature[at]];
    const [above, upTo] = ranges.get(name) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    visit(at + 1, new Map(ranges).set(name, [above, Math.min(upTo, cut[at])]));
    visit(right[at], new Map(ranges).set(name, [Math.max(above, cut[at]), upTo]));
  };
  visit(0, new Map());
  return rules;
}

function inWords(ranges: ReadonlyMap<string, readonly [above: number, upTo: number]>): string {
  const short = (value: number) => String(Number(value.toPrecision(4)));
  const parts = [...ranges].map(([name, [above, upTo]]) => {
    if (above === Number.NEGATIVE_INFINITY) return `${name} ≤ ${short(upTo)}`;
    if (upTo === Number.POSITIVE_INFINITY) return `${name} > ${short(above)}`;
    return `${short(above)} < ${name} ≤ ${short(upTo)}`;
  });
  return parts.length === 0 ? 'all' : parts.join(' and ');
}
