import { type Kernels, loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  applyLambda,
  type CalibrationData,
  calibratedLambda,
  describeCalibration,
  drawSplit,
  evaluateCalibration,
  type Fit,
  fitSplit,
  intervalOf,
  PAPER_OPTIONS,
  type Preparing,
  type Procedure,
  type ProcedureOptions,
  parseCalibration,
  placeSample,
  planRuns,
  RECENTRED_OPTIONS,
  type Sample,
  SHORTEST_OPTIONS,
  UNKNOWN_PREPARING,
} from '../src/index.ts';
import { CENTRE_TERMS, fitCentre } from '../src/learned/centre.ts';
import { gatherRows, type OrganRows } from '../src/learned/opt-rows.ts';
import { growTree, leavesOf, rulesOf } from '../src/learned/regression-tree.ts';
import {
  isActive,
  pointOf,
  SLICE_FEATURES,
  SliceFeatures,
  surroundingsOf,
} from '../src/learned/slice-features.ts';
import { dataOf, draws, indexOf, LABELS, select } from './random-cohort.ts';
import { meetsCondition, overPatients } from './reference.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** A scan whose error depends on what its slices show, on planes large enough for leaves to fill. */
function drawScan(id: string, random: () => number, plane: readonly [number, number] = [24, 20]): Sample {
  const [height, width] = plane;
  const slices = 2;
  const count = slices * height * width;
  const point = new Float32Array(count);
  const organs = new Uint8Array(count);
  const truth = new Float32Array(count);
  const lower = new Float32Array(count);
  const upper = new Float32Array(count);
  for (let v = 0; v < count; v++) {
    const x = v % width;
    organs[v] = x < 3 ? 0 : x < 9 ? 1 : x < 14 ? 3 : 7;
    const empty = organs[v] === 0 && random() < 0.7;
    point[v] = empty ? 0 : 0.2 + 0.6 * random();
    const half = empty ? 0 : 0.01 + 0.05 * random();
    lower[v] = Math.max(0, point[v] - half);
    upper[v] = Math.min(1, point[v] + half);
    const bias = point[v] > 0.5 ? 0.05 : -0.02;
    truth[v] =
      empty && random() < 0.9 ? 0 : Math.min(1, Math.max(0, point[v] + bias + 0.08 * (random() - 0.5)));
  }
  return {
    ...{ id, patient: id, shape: [slices, height, width], truth, lower, upper, point, organs },
    mended: { clipped: 0, crossed: 0 },
  };
}

function drawScans(seed: number, count: number): Sample[] {
  const random = draws(seed);
  return Array.from({ length: count }, (_, i) => drawScan(`s${i}`, random));
}

/** The learned parts of a written calibration, to be damaged. */
interface Damaged {
  readonly partition: {
    readonly features: string[];
    readonly trees: Record<number, { feature: number[]; cut: number[]; right: number[] }>;
  };
  readonly centre: {
    readonly terms: string[];
    readonly organs: Record<number, { cuts: number[]; coefficients: number[][] }>;
  };
}

/** A feature of a pixel by the definition: plain loops, coordinates clamped to the slice. */
function featureAt(sample: Sample, z: number, y: number, x: number, name: string): number {
  const { point, lower, upper, organs, shape } = sample;
  const [, height, width] = shape;
  const at = (dy: number, dx: number) => {
    const cy = Math.min(Math.max(y + dy, 0), height - 1);
    const cx = Math.min(Math.max(x + dx, 0), width - 1);
    return (z * height + cy) * width + cx;
  };
  const p = (dy: number, dx: number) => {
    const v = at(dy, dx);
    return point ? point[v] : Math.fround((lower[v] + upper[v]) / 2);
  };
  const w = (dy: number, dx: number) => Math.fround(upper[at(dy, dx)] - lower[at(dy, dx)]);
  const box = (reach: number, value: (dy: number, dx: number) => number) => {
    let sum = 0;
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) sum += value(dy, dx);
    }
    return sum / (2 * reach + 1) ** 2;
  };
  const own = p(0, 0);
  switch (name) {
    case 'intensity':
      return own;
    case 'width':
      return w(0, 0);
    case 'below':
      return own - lower[at(0, 0)];
    case 'near':
      return (p(0, -1) + p(0, 1) + p(-1, 0) + p(1, 0)) / 4 - own;
    case 'far':
      return (p(0, -2) + p(0, 2) + p(-2, 0) + p(2, 0)) / 4 - own;
    case 'small':
      return box(2, p) - own;
    case 'large':
      return box(4, p) - own;
    case 'deviation':
      return Math.sqrt(Math.max(0, box(2, (dy, dx) => p(dy, dx) ** 2) - box(2, p) ** 2));
    case 'gradient':
      return Math.hypot((p(0, 1) - p(0, -1)) / 2, (p(1, 0) - p(-1, 0)) / 2);
    case 'around':
      return (w(0, -1) + w(0, 1) + w(-1, 0) + w(1, 0)) / 4;
    case 'inside':
      return box(2, (dy, dx) => (organs[at(dy, dx)] === 0 ? 0 : 1));
    case 'organ': {
      let sum = 0;
      let size = 0;
      for (let v = z * height * width; v < (z + 1) * height * width; v++) {
        if (organs[v] !== organs[at(0, 0)]) continue;
        sum += point ? point[v] : Math.fround((lower[v] + upper[v]) / 2);
        size++;
      }
      return Math.fround(sum / size) - own;
    }
    default:
      throw new Error(`no feature ${name}`);
  }
}

describe('the features of a slice', () => {
  it.each([
    [[1, 1], 'one voxel'],
    [[1, 7], 'one row'],
    [[6, 2], 'two columns'],
    [[11, 13], 'any'],
  ] as const)('are what plain loops say, edges replicated: %o, %s', (plane, _) => {
    for (const variant of ['any', 'constant', 'no point'] as const) {
      const drawn = drawScan('s', draws(plane[0] * 31 + plane[1]), plane);
      const { point: _, ...bare } = drawn;
      const flat = (value: number) => drawn.truth.map(() => value);
      const sample: Sample =
        variant === 'any'
          ? drawn
          : variant === 'no point'
            ? bare
            : { ...drawn, point: flat(0.4), lower: flat(0.3), upper: flat(0.5) };
      const point = sample.point ?? sample.lower.map((low, v) => Math.fround((low + sample.upper[v]) / 2));
      const features = new SliceFeatures(plane[0], plane[1]);
      for (let z = 0; z < 2; z++) {
        features.compute(sample, point, z * plane[0] * plane[1]);
        for (const [f, name] of SLICE_FEATURES.entries()) {
          for (let i = 0; i < plane[0] * plane[1]; i++) {
            const v = z * plane[0] * plane[1] + i;
            if (!isActive(sample.lower[v], sample.upper[v], point[v])) continue;
            const expected = featureAt(sample, z, Math.floor(i / plane[1]), i % plane[1], name);
            // A root magnifies rounding where it is of almost nothing.
            const tolerance = name === 'deviation' ? 1e-7 : 1e-12;
            expect(
              Math.abs(features.planes[f][i] - Math.fround(expected)),
              `${name} at ${i}`,
            ).toBeLessThanOrEqual(tolerance + 2 ** -24 * Math.abs(expected));
          }
        }
      }
    }
  });

  it.each([
    ['the middle', { height: 9, width: 8, row: 6, column: 5 }],
    ['a corner', { height: 9, width: 8, row: 0, column: 0 }],
    ['the other corner', { height: 10, width: 8, row: 14, column: 12 }],
    ['more than all, padded', { height: 30, width: 31, row: -3, column: -6 }],
    ['rows padded, columns cropped', { height: 30, width: 8, row: -3, column: 11 }],
  ])('of a part are those of the whole slice, to the bit: %s', (_, part) => {
    for (const seed of [5, 6]) {
      const drawn = drawScan('s', draws(seed));
      const { point: _, ...bare } = drawn;
      const whole: Sample = seed === 5 ? drawn : bare;
      const [slices, height, width] = whole.shape;
      // Cut as preparing cuts: padding is background of nothing.
      const cut = <V extends Float32Array | Uint8Array | Uint16Array>(values: V): V => {
        const out = new (values.constructor as new (size: number) => V)(slices * part.height * part.width);
        for (let v = 0; v < out.length; v++) {
          const x = (v % part.width) + part.column;
          const y = (Math.floor(v / part.width) % part.height) + part.row;
          const z = Math.floor(v / (part.width * part.height));
          if (x >= 0 && x < width && y >= 0 && y < height) out[v] = values[(z * height + y) * width + x];
        }
        return out;
      };
      const sample: Sample = {
        ...{ ...whole, shape: [slices, part.height, part.width] },
        ...{ truth: cut(whole.truth), lower: cut(whole.lower), upper: cut(whole.upper) },
        ...(whole.point ? { point: cut(whole.point) } : {}),
        organs: cut(whole.organs as Uint8Array),
        surroundings: surroundingsOf(whole, part, 8),
      };
      const own = new SliceFeatures(part.height, part.width);
      const all = new SliceFeatures(height, width);
      for (let z = 0; z < slices; z++) {
        own.compute(sample, pointOf(sample), z * part.height * part.width);
        all.compute(whole, pointOf(whole), z * height * width);
        for (let f = 0; f < SLICE_FEATURES.length; f++) {
          const expected = cut(Float32Array.from([...all.planes[f], ...all.planes[f]]));
          for (let v = 0; v < part.height * part.width; v++) {
            const voxel = z * part.height * part.width + v;
            if (isActive(sample.lower[voxel], sample.upper[voxel], pointOf(sample)[voxel]))
              expect(Object.is(own.planes[f][v], expected[v]), `${SLICE_FEATURES[f]} at ${v}`).toBe(true);
          }
        }
      }
    }
  });

  it('do not depend on the slices computed before', () => {
    const [one, two] = drawScans(3, 2);
    const used = new SliceFeatures(24, 20);
    used.compute(one, one.point!, 0);
    used.compute(two, two.point!, 480);
    const fresh = new SliceFeatures(24, 20);
    fresh.compute(two, two.point!, 480);
    const active = Array.from({ length: 480 }, (_, i) => i).filter((i) =>
      isActive(two.lower[480 + i], two.upper[480 + i], two.point![480 + i]),
    );
    expect(active.length).toBeGreaterThan(300);
    const at = ({ planes }: SliceFeatures) => planes.map((plane) => active.map((i) => plane[i]));
    expect(at(used)).toEqual(at(fresh));
  });
});

describe('a regression tree', () => {
  const rows = fc.record({
    seed: fc.integer({ min: 0, max: 1e6 }),
    count: fc.integer({ min: 1, max: 120 }),
    least: fc.integer({ min: 1, max: 20 }),
    leaves: fc.integer({ min: 1, max: 12 }),
  });

  it('splits best first: every split lowers the spread most of all splits of all leaves', () => {
    fc.assert(
      fc.property(rows, ({ seed, count, least, leaves }) => {
        const random = draws(seed);
        const columns = SLICE_FEATURES.map(() =>
          Float32Array.from({ length: count }, () => Math.floor(random() * 8) / 8),
        );
        const target = Float64Array.from({ length: count }, (_, i) => columns[1][i] + random());
        const tree = growTree({ columns, target }, leaves, least);
        // Plain search over all rows, all features, all cuts.
        let parts: number[][] = [Array.from({ length: count }, (_, i) => i)];
        const error = (part: readonly number[]) => {
          const mean = part.reduce((sum, i) => sum + target[i], 0) / part.length;
          return Math.sqrt(part.length * part.reduce((sum, i) => sum + (target[i] - mean) ** 2, 0));
        };
        while (parts.length < leaves) {
          let best = { gain: 1e-9 * count, parts };
          for (const part of parts) {
            for (const column of columns) {
              for (const cut of new Set(part.map((i) => column[i]))) {
                const left = part.filter((i) => column[i] <= cut);
                const right = part.filter((i) => column[i] > cut);
                if (left.length < least || right.length < least) continue;
                const gain = error(part) - error(left) - error(right);
                if (gain > best.gain + 1e-12)
                  best = { gain, parts: [...parts.filter((other) => other !== part), left, right] };
              }
            }
          }
          if (best.parts === parts) break;
          parts = best.parts;
        }
        expect(leavesOf(tree)).toBe(parts.length);
        const leafOf = (row: number) => {
          let node = 0;
          while (tree.feature[node] >= 0)
            node = columns[tree.feature[node]][row] <= tree.cut[node] ? node + 1 : tree.right[node];
          return tree.right[node];
        };
        const grown = Array.from({ length: leavesOf(tree) }, () => [] as number[]);
        for (let i = 0; i < count; i++) grown[leafOf(i)].push(i);
        const total = (all: readonly (readonly number[])[]) =>
          all.reduce((sum, part) => sum + error(part), 0);
        expect(total(grown)).toBeCloseTo(total(parts), 8);
        for (const part of grown) if (grown.length > 1) expect(part.length).toBeGreaterThanOrEqual(least);
      }),
      { numRuns: 60, seed: 31 },
    );
  });

  it('is told leaf by leaf in words', () => {
    const columns = SLICE_FEATURES.map((_, f) =>
      Float32Array.from({ length: 40 }, (_, i) => (f === 0 ? (i % 20) / 20 : i < 20 ? 0.25 : 0.75)),
    );
    const target = Float64Array.from({ length: 40 }, (_, i) => (i < 20 ? 10 : 0) + (i % 20 < 10 ? 0 : 1));
    const tree = growTree({ columns, target }, 4, 1);
    expect(rulesOf(tree)).toEqual([
      'width ≤ 0.25 and intensity ≤ 0.45',
      'width ≤ 0.25 and intensity > 0.45',
      'width > 0.25 and intensity ≤ 0.45',
      'width > 0.25 and intensity > 0.45',
    ]);
  });
});

describe('a corrected centre', () => {
  /** Rows of two organs, the second scarce. */
  function rowsOf(seed: number): Map<number, OrganRows> {
    const random = draws(seed);
    const organ = (count: number): OrganRows => ({
      columns: SLICE_FEATURES.map((_, f) =>
        Float32Array.from({ length: count }, () => (f === 10 ? 0.5 : random())),
      ),
      truth: Float32Array.from({ length: count }, random),
    });
    return new Map([
      [1, organ(900)],
      [7, organ(40)],
    ]);
  }

  it('minimizes the penalised squares by organ and bin: its gradient vanishes', () => {
    const rows = rowsOf(5);
    const centre = fitCentre(rows, [0, 1, 7]);
    const all = [...rows.values()].flatMap(({ columns, truth }) =>
      Array.from(truth, (x, row) => {
        const features = columns.map((column) => column[row]);
        const [p, w] = features;
        return { x, p, terms: [1, ...features, p * p, w * w, p * w] };
      }),
    );
    const n = all.length;
    const mean = CENTRE_TERMS.map((_, t) => all.reduce((sum, { terms }) => sum + terms[t], 0) / n);
    const sd = CENTRE_TERMS.map((_, t) =>
      Math.sqrt(all.reduce((sum, { terms }) => sum + (terms[t] - mean[t]) ** 2, 0) / n),
    );
    /** Coefficients on standardised terms. */
    const standard = (raw: readonly number[]) =>
      raw.map((value, t) =>
        t === 0 ? raw.reduce((sum, own, u) => sum + (u === 0 ? own : own * mean[u]), 0) : value * sd[t],
      );
    const scaled = (terms: readonly number[]) =>
      terms.map((value, t) => (t === 0 ? 1 : sd[t] > 1e-9 ? (value - mean[t]) / sd[t] : 0));
    const gradient = (own: typeof all, beta: readonly number[], prior: readonly number[], t: number) =>
      beta.map(
        (value, u) =>
          t * (value - prior[u]) +
          own.reduce((sum, { x, p, terms }) => {
            const z = scaled(terms);
            return sum + z[u] * (z.reduce((fit, own, k) => fit + own * beta[k], 0) - (x - p));
          }, 0),
      );
    const pooled = standard(centre[0].coefficients[0]);
    const nothing = pooled.map(() => 0);
    for (const value of gradient(all, pooled, nothing, 1e-4 * n)) expect(value).toBeCloseTo(0, 6);
    // A term that does not vary has no part in it.
    expect(centre[0].coefficients[0][11]).toBe(0);
    for (const organ of [1, 7]) {
      const own = rows.get(organ)!;
      const { cuts, coefficients } = centre[organ];
      expect(coefficients).toHaveLength(cuts.length + 1);
      const mine = all.filter(({ x, p }) => own.truth.includes(x) && own.columns[0].includes(p));
      // The organ's own fit is what every bin without rows would take: found by its gradient, too.
      const organFit = solveByDescent(mine, scaled, pooled, 1e-4 * mine.length + 300);
      for (let bin = 0; bin < coefficients.length; bin++) {
        const inside = mine.filter(({ p }) => cuts.filter((cut) => p > cut).length === bin);
        const beta = standard(coefficients[bin]);
        for (const value of gradient(inside, beta, organFit, 1e-4 * inside.length + 300)) {
          expect(value).toBeCloseTo(0, 4);
        }
      }
    }
  });

  /** Minimum of the penalised squares by coordinate descent. */
  function solveByDescent(
    rows: readonly { x: number; p: number; terms: number[] }[],
    scaled: (terms: readonly number[]) => number[],
    prior: readonly number[],
    t: number,
  ): number[] {
    const z = rows.map(({ terms }) => scaled(terms));
    const beta = [...prior];
    const rest = rows.map(({ x, p }, i) => x - p - z[i].reduce((sum, own, k) => sum + own * beta[k], 0));
    for (let round = 0; round < 400; round++) {
      for (let k = 0; k < beta.length; k++) {
        let up = -t * (beta[k] - prior[k]);
        let curve = t;
        z.forEach((own, i) => {
          up += own[k] * rest[i];
          curve += own[k] * own[k];
        });
        const step = up / curve;
        beta[k] += step;
        z.forEach((own, i) => {
          rest[i] -= step * own[k];
        });
      }
    }
    return beta;
  }
});

describe('learned strata and centres', () => {
  const data = (samples: readonly Sample[]): CalibrationData => dataOf(kernels, samples, { sides: 2 });
  const fitOf = async (
    samples: readonly Sample[],
    options: ProcedureOptions,
    procedure: Procedure = 'sem-crc',
  ) => {
    const split = drawSplit(indexOf(samples), { nOpt: 4, nCal: 23, nTest: 1 }, 1, 0);
    const [{ fits }] = await fitSplit(data(samples), split, [procedure], [0.1], options, { seed: 0, run: 0 });
    return { fit: fits[0], split };
  };

  /** Loss at a fit's λ, voxel by voxel, from its own placement. */
  function lossOf(sample: Sample, fit: Fit, lambda: Float32Array, organ?: number): number {
    const { partition, centre = null, shrink = false } = fit;
    const { interval, regions } = placeSample(sample, partition, { ...PAPER_OPTIONS, shrink }, centre);
    let missed = 0;
    let voxels = 0;
    regions.forEach((region, v) => {
      if (organ !== undefined && sample.organs[v] !== organ) return;
      voxels++;
      const group = partition.groupOfRegion[region];
      const x = sample.truth[v];
      const p = interval.point?.[v] ?? interval.lower[v];
      const above = lambda[partition.keys.length + group];
      if (
        x < p
          ? Math.fround(interval.lower[v] - x) > lambda[group]
          : x > p && Math.fround(x - interval.upper[v]) > above
      )
        missed++;
    });
    return missed / voxels;
  }

  it.each([
    ['shortest', SHORTEST_OPTIONS],
    ['recentred', RECENTRED_OPTIONS],
  ] as const)('%s: the condition holds at λ̂ and not before, recounted voxel by voxel', async (_, options) => {
    const samples = drawScans(7, 24);
    const { fit, split } = await fitOf(samples, options);
    expect(fit.partition.keys.length).toBeGreaterThan(8);
    const cal = select(samples, split.cal);
    const accepts = (lambda: Float32Array) =>
      meetsCondition(
        overPatients(cal, (sample) => lossOf(sample, fit, lambda)),
        0.1,
      );
    expect(accepts(fit.lambda)).toBe(true);
    const solution = fit.anchor?.solution;
    if (solution?.method !== 'envelope') throw new Error('expected an envelope anchor');
    const before = solution.path.at((fit.pathPosition ?? 0) - 1e-9, new Float64Array(solution.path.size));
    const back = Float32Array.from(before, (value, k) => (Number.isNaN(value) ? fit.lambda[k] : value));
    expect(accepts(back)).toBe(false);
  });

  it('see the opt scans alone: other calibration and test scans change no group and no centre', async () => {
    const samples = drawScans(8, 24);
    const { fit, split } = await fitOf(samples, RECENTRED_OPTIONS);
    const changed = samples.map((sample) =>
      split.opt.includes(sample.id) ? sample : { ...sample, truth: sample.truth.map((x) => 1 - x) },
    );
    const { fit: other } = await fitOf(changed, RECENTRED_OPTIONS);
    expect(other.partition.spec).toEqual(fit.partition.spec);
    expect(other.centre).toEqual(fit.centre);
    expect(Array.from(other.lambda)).not.toEqual(Array.from(fit.lambda));
  });

  it.each(['shortest', 'recentred', 'organ-shortest'] as const)(
    '%s: a calibration read back gives every voxel the interval that was counted, to the bit',
    async (procedure) => {
      const samples = drawScans(9, 24);
      const { fit, split } = await fitOf(samples, PAPER_OPTIONS, procedure);
      const written = describeCalibration(fit, {
        ...{ epsilon: 0.1, options: PAPER_OPTIONS, labels: LABELS, seed: 1, split, cohort: indexOf(samples) },
        source: { name: 'drawn', digest: '0', scans: 24, leftOut: 0, preparing: UNKNOWN_PREPARING },
        ...{ test: null, versions: {} },
      });
      const calibration = parseCalibration(JSON.stringify(written), 'calibration.json');
      const read = calibratedLambda(calibration);
      for (const sample of samples.slice(0, 4)) {
        const { interval, regions } = placeSample(
          sample,
          read.partition,
          { ...PAPER_OPTIONS, shrink: read.shrink ?? false },
          read.centre,
        );
        const own = placeSample(
          sample,
          fit.partition,
          { ...PAPER_OPTIONS, shrink: fit.shrink ?? false },
          fit.centre,
        );
        expect(regions).toEqual(own.regions);
        expect(interval).toEqual(own.interval);
        const { lower, upper } = applyLambda(kernels, interval, regions, read);
        const evaluation = evaluateCalibration(kernels, calibration, sample);
        expect(evaluation.risk).toBeCloseTo(lossOf(sample, fit, fit.lambda), 12);
        let outside = 0;
        let width = 0;
        sample.truth.forEach((x, v) => {
          if (x < lower[v] || x > upper[v]) outside++;
          width += upper[v] - lower[v];
        });
        // Published bounds are rounded outward: they hold what is covered, and are barely longer.
        expect(outside / sample.truth.length).toBeLessThanOrEqual(evaluation.risk);
        expect(width / sample.truth.length).toBeCloseTo(evaluation.length, 6);
      }
    },
  );

  it.each([
    ['a node is missing', (c) => c.partition.trees[1].feature.pop()],
    ['a leaf is counted twice', (c) => c.partition.trees[1].right.fill(0)],
    ['a node asks for no feature', (c) => c.partition.trees[1].feature.fill(12)],
    ['a tree has no label', (c) => Object.assign(c.partition.trees, { 9: c.partition.trees[1] })],
    ['features are others', (c) => c.partition.features.reverse()],
    ['a label has no centre', (c) => delete c.centre.organs[7]],
    ['a bin has no coefficients', (c) => c.centre.organs[7].coefficients.pop()],
    ['cuts descend', (c) => c.centre.organs[7].cuts.reverse()],
    ['terms are others', (c) => c.centre.terms.reverse()],
  ] as const satisfies readonly (readonly [string, (written: Damaged) => unknown])[])(
    'a calibration in which %s is refused',
    async (_, damage) => {
      const samples = drawScans(9, 24);
      const { fit, split } = await fitOf(samples, PAPER_OPTIONS, 'recentred');
      const written = describeCalibration(fit, {
        ...{ epsilon: 0.1, options: PAPER_OPTIONS, labels: LABELS, seed: 1, split, cohort: indexOf(samples) },
        source: { name: 'drawn', digest: '0', scans: 24, leftOut: 0, preparing: UNKNOWN_PREPARING },
        ...{ test: null, versions: {} },
      });
      const document = JSON.parse(JSON.stringify(written)) as Damaged;
      damage(document);
      expect(() => parseCalibration(JSON.stringify(document), 'calibration.json')).toThrow(
        expect.objectContaining({ code: 'bad-input' }),
      );
    },
  );

  it('organ-shortest meets the condition for every organ, over the scans that contain it', async () => {
    const samples = drawScans(10, 24);
    const { fit, split } = await fitOf(samples, PAPER_OPTIONS, 'organ-shortest');
    const cal = select(samples, split.cal);
    for (const organ of [0, 1, 3, 7]) {
      expect(fit.organs[organ]).toEqual({ status: 'calibrated', nCal: 19 });
      const losses = (lambda: Float32Array) =>
        overPatients(cal, (sample) => lossOf(sample, fit, lambda, organ));
      expect(meetsCondition(losses(fit.lambda), 0.1)).toBe(true);
      // Not by more than the loss of one scan below what is allowed.
      const total = losses(fit.lambda).reduce((sum, loss) => sum + loss, 0);
      expect((total + 1) / 20).toBeGreaterThan(0.1 - 1 / 20);
    }
  });

  it('an organ that no opt scan shows has one group, one λ and the pooled centre', async () => {
    const samples = drawScans(11, 24);
    const split = drawSplit(indexOf(samples), { nOpt: 4, nCal: 23, nTest: 1 }, 1, 0);
    const without = samples.map((sample) =>
      split.opt.includes(sample.id)
        ? { ...sample, organs: sample.organs.map((id) => (id === 7 ? 1 : id)) }
        : sample,
    );
    for (const procedure of ['shortest', 'recentred', 'organ-shortest'] as const) {
      const { fit } = await fitOf(without, PAPER_OPTIONS, procedure);
      const own = fit.partition.keys.filter((key) => key.startsWith('7/'));
      expect(own).toEqual(['7/0']);
      const group = fit.partition.keys.indexOf('7/0');
      expect(Number.isFinite(fit.lambda[group])).toBe(true);
      if (procedure !== 'organ-shortest') {
        const { keys } = fit.partition;
        const present = keys.map((_, k) => k).filter((k) => !fit.anchor?.absent.includes(k));
        expect(fit.lambda[group]).toBe(Math.max(...present.map((k) => fit.lambda[k])));
      }
    }
  });

  it('rows are thinned at even ranks, active voxels only', async () => {
    const samples = drawScans(12, 3);
    const rows = await gatherRows(['s0', 's1', 's2'], data(samples).read, 'scan');
    for (const [organ, { truth, columns }] of rows) {
      const active = samples.flatMap((sample) =>
        Array.from(sample.truth.keys()).filter(
          (v) => sample.organs[v] === organ && sample.upper[v] > sample.lower[v] && sample.point![v] > 0,
        ),
      );
      expect(truth).toHaveLength(active.length);
      expect(columns[1].every((width) => width > 0)).toBe(true);
    }
  });
});

describe('what is learned from whole slices', () => {
  const index = { ids: ['a', 'b', 'c'], patients: ['a', 'b', 'c'], labels: LABELS };
  const sizes = { epsilons: [0.5], runs: 1, seed: 0, nOpt: 1, nCal: 2, nTest: 1 };
  const cropped: Preparing = {
    ...UNKNOWN_PREPARING,
    ...{
      prepare: 'paper',
      slices: 4,
      size: [256, 256],
      windowSlices: 48,
      margin: 10,
      leastLabelled: 4000,
      crop: 'truth',
    },
  };

  it.each([
    ['procedures', 'recentred', PAPER_OPTIONS],
    ['recentre', 'sem-crc', RECENTRED_OPTIONS],
    ['strata', 'sem-crc', SHORTEST_OPTIONS],
  ] as const)(
    'is refused by name on scans that were cropped and keep nothing around: %s',
    (option, procedure, options) => {
      const plan = { ...sizes, procedures: [procedure], options };
      expect(() => planRuns(plan, { ...index, preparing: cropped })).toThrow(
        expect.objectContaining({ code: 'usage', data: { options: [option, 'spacing'] } }),
      );
      expect(planRuns(plan, index)).toHaveLength(1);
      const kept = { ...cropped, spacing: null, surroundings: true } as Preparing;
      expect(planRuns(plan, { ...index, preparing: kept })).toHaveLength(1);
      const resampled = { ...kept, spacing: [1, 1, 1] } as Preparing;
      expect(() => planRuns(plan, { ...index, preparing: resampled })).toThrow(/resampled/);
    },
  );

  it.each([
    ['control', { control: ['liver'] }],
    ['organCal', { organCal: 'all' }],
    ['sides', { sides: 'two' }],
    ['strata', { strata: ['learned:64'] }],
  ] as const)('a design refuses %s, which it has no use for', (option, changes) => {
    const plan = { ...sizes, procedures: ['shortest' as const], options: { ...PAPER_OPTIONS, ...changes } };
    expect(() => planRuns(plan, index)).toThrow(
      expect.objectContaining({ code: 'usage', data: expect.objectContaining({ options: [option] }) }),
    );
    expect(planRuns({ ...plan, options: SHORTEST_OPTIONS }, index)).toHaveLength(1);
  });

  it.each([
    [{ strata: ['learned:64', 'width:2'] }, /alone/],
    [{ strata: ['learned:64'], heuristic: 'mse' }, /quantile/],
    [{ recentre: 'organ', shrink: true, anchor: 'envelope' }, /begin without width/],
    [{ shrink: true }, /gamma/],
    [{ shrink: true, anchor: 'envelope', heuristic: 'std' }, /draws intervals in/],
  ] as const)('%o makes no sense with sem-crc', (changes, reason) => {
    const plan = { ...sizes, procedures: ['sem-crc' as const], options: { ...PAPER_OPTIONS, ...changes } };
    expect(() => planRuns(plan, index)).toThrow(reason);
  });

  it.each(['crc', 'k-crc', 'organ-crc'] as const)('%s takes neither shrink nor recentre', (procedure) => {
    for (const changes of [{ shrink: true }, { recentre: 'organ' }] as const) {
      const options = { ...PAPER_OPTIONS, ...changes };
      expect(() => planRuns({ ...sizes, procedures: [procedure], options }, index)).toThrow(
        expect.objectContaining({ code: 'usage' }),
      );
    }
  });

  it('gives way to intensity and width where shortest meets such scans', async () => {
    const samples = drawScans(13, 24);
    const split = drawSplit(indexOf(samples), { nOpt: 4, nCal: 23, nTest: 1 }, 1, 0);
    const known: CalibrationData = { ...dataOf(kernels, samples, { sides: 1 }), preparing: cropped };
    const [{ fits }] = await fitSplit(known, split, ['shortest'], [0.1], PAPER_OPTIONS, { seed: 0, run: 0 });
    expect(fits[0].partition.spec.kind).toBe('strata');
    expect(fits[0].shrink).toBe(true);
    expect(intervalOf(samples[0], { ...PAPER_OPTIONS, shrink: true }).point).toBeDefined();
  });
});
