/** The exports of the coverage module, as `assembly/coverage.ts` lists them. Addresses are bytes, `n` elements. */
export interface CoverageExports {
  scores(truth: number, lower: number, upper: number, out: number, n: number): void;
  scaledScores(
    truth: number,
    lower: number,
    upper: number,
    lowerWeight: number,
    upperWeight: number,
    out: number,
    n: number,
  ): void;
  firstNaN(values: number, n: number): number;

  largestGroup8(groups: number, n: number): number;
  largestGroup16(groups: number, n: number): number;
  countGroups8(groups: number, n: number, counts: number): void;
  countGroups16(groups: number, n: number, counts: number): void;
  countFewGroups8(groups: number, n: number, groupCount: number, counts: number): void;
  rank8(groups: number, n: number, cursors: number, places: number): void;
  rank16(groups: number, n: number, cursors: number, places: number): void;
  scatter(column: number, places: number, out: number, n: number): void;

  misses(scores: number, n: number, lambda: number): number;

  sweep8: Sweep;
  sweep16: Sweep;

  loss(
    truth: number,
    lower: number,
    upper: number,
    n: number,
    lambda: number,
    gamma: number,
    one: number,
    result: number,
  ): void;
  binResiduals(
    truth: number,
    lower: number,
    upper: number,
    n: number,
    gamma: number,
    side: number,
    weight: number,
    shift: number,
    offset: number,
    firstColumn: number,
    columns: number,
    firstRow: number,
    rows: number,
    apart: number,
    cells: number,
    touched: number,
    count: number,
  ): number;
  cellLoss(
    weight: number,
    residuals: number,
    width: number,
    n: number,
    lambda: number,
    gamma: number,
    one: number,
    result: number,
  ): void;
  clampedLength: Length;
  clampedLengthAny: Length;
  levelsOfParts(parts: number, n: number, levels: number, out: number): void;
  clampedLengthByPixel8: LengthByPixel;
  clampedLengthByPixel16: LengthByPixel;

  divideGroups8: DivideGroups;
  divideGroups16: DivideGroups;
  divideSides8: DivideSides;
  divideSides16: DivideSides;
  partsOfPixels16(pixels: number, n: number, parts: number, out: number): void;
  partsOfPixels32(pixels: number, n: number, parts: number, out: number): void;
  divideFew(values: number, parts: number, n: number, cursors: number, out: number): void;

  countEdges8: CountEdges;
  countEdges16: CountEdges;
  takeEdges8: TakeEdges;
  takeEdges16: TakeEdges;
  binEdges8: BinEdges;
  binEdges16: BinEdges;

  takeActive(
    truth: number,
    lower: number,
    upper: number,
    n: number,
    gamma: number,
    shift: number,
    side: number,
    outTruth: number,
    outLower: number,
    outUpper: number,
  ): number;
  takeWithin(values: number, n: number, low: number, high: number, out: number): number;

  radixSort(values: number, spare: number, n: number, counts: number): void;

  countPositive8(scores: number, groups: number, n: number, counts: number): void;
  countPositive16(scores: number, groups: number, n: number, counts: number): void;
  takePositive8(
    scores: number,
    groups: number,
    n: number,
    base: number,
    cursors: number,
    pairs: number,
  ): void;
  takePositive16(
    scores: number,
    groups: number,
    n: number,
    base: number,
    cursors: number,
    pairs: number,
  ): void;
  takePositiveScores8(scores: number, groups: number, n: number, cursors: number, out: number): void;
  takePositiveScores16(scores: number, groups: number, n: number, cursors: number, out: number): void;
  sortPairs(
    pairs: number,
    spare: number,
    offsets: number,
    groupCount: number,
    counts: number,
    scores: number,
    indices: number,
  ): void;
  sortScores(scores: number, spare: number, offsets: number, groupCount: number, counts: number): void;

  largestOf32(values: number, n: number): number;

  widths8: Widths;
  widths16: Widths;
  marked8(marks: number, groups: number, n: number, counts: number): void;
  marked16(marks: number, groups: number, n: number, counts: number): void;

  widen8: Widen;
  widen16: Widen;
  mark8: Mark;
  mark16: Mark;
}

type Length = (lower: number, upper: number, n: number, below: number, above: number) => number;

type LengthByPixel = (
  lower: number,
  upper: number,
  groups: number,
  n: number,
  below: number,
  above: number,
  sums: number,
) => void;

type CountEdges = (
  lower: number,
  upper: number,
  groups: number,
  n: number,
  reach: number,
  widths: number,
  counts: number,
) => void;

type TakeEdges = (
  lower: number,
  upper: number,
  groups: number,
  n: number,
  reach: number,
  belowCursors: number,
  aboveCursors: number,
  below: number,
  above: number,
) => void;

type BinEdges = (
  lower: number,
  upper: number,
  groups: number,
  n: number,
  reach: number,
  shift: number,
  first: number,
  bins: number,
  below: number,
  above: number,
) => void;

type DivideSides = (
  groups: number,
  truth: number,
  border: number,
  n: number,
  groupCount: number,
  out: number,
) => void;

type DivideGroups = (groups: number, parts: number, n: number, partCount: number, out: number) => void;

type Sweep = (
  scores: number,
  groups: number,
  n: number,
  grid: number,
  gridLength: number,
  table: number,
  firstBucket: number,
  bucketCount: number,
  shift: number,
  histogram: number,
) => void;

type Widths = (lower: number, upper: number, groups: number, n: number, sums: number, out: number) => void;

/** Addresses of weights and point are 0 where there are none. */
type Widen = (
  lower: number,
  upper: number,
  lowerWeight: number,
  upperWeight: number,
  point: number,
  regions: number,
  n: number,
  reaches: number,
  last: number,
  outLower: number,
  outUpper: number,
) => void;

type Mark = (
  truth: number,
  lower: number,
  upper: number,
  lowerWeight: number,
  upperWeight: number,
  point: number,
  regions: number,
  n: number,
  levels: number,
  last: number,
  out: number,
) => void;
