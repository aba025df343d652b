import { SemcrcError } from '@semcrc/kernels';
import type { SplitSizes } from '../options/experiment-plan.ts';
import type { PRESETS } from '../options/procedure-options.ts';
import { CONDITION_SLACK } from '../search/bound.ts';
import { randomStream, shuffle } from './random.ts';

/** A cohort as far as splitting is concerned: scan ids in cohort order and the patient of each. */
export interface CohortIndex {
  readonly ids: readonly string[];
  /** Patient of each scan, parallel to `ids`. */
  readonly patients: readonly string[];
}

/** Disjoint sets of scan ids: optimize the anchor, calibrate, measure. A patient's scans stay together, in cohort order. */
export interface Split {
  readonly opt: readonly string[];
  readonly cal: readonly string[];
  readonly test: readonly string[];
}

/** The patients of a cohort in order of first appearance, each with its scan ids. */
export function groupByPatient(index: CohortIndex): Map<string, string[]> {
  const scansOf = new Map<string, string[]>();
  index.ids.forEach((id, i) => {
    const patient = index.patients[i];
    const scans = scansOf.get(patient);
    if (scans) scans.push(id);
    else scansOf.set(patient, [id]);
  });
  return scansOf;
}

/** The paper's sizes, and the patients they take. */
const PAPER_SIZES: SplitSizes = { nOpt: 32, nCal: 512, nTest: 128 };
const PAPER_PATIENTS = 640;

/** What default sizes depend on beside the cohort. */
export interface SizeRule {
  /** `paper` takes the paper's n_opt; any other, and none, the fewer opt patients that serve every design. */
  readonly preset?: keyof typeof PRESETS | undefined;
  /** Smallest tolerance that the split is for; 0.1 by default. */
  readonly epsilon?: number | undefined;
}

/**
 * Sizes for a cohort where they are not given: the paper's where it has 640 patients or more; else a fifth is held out and the
 * rest calibrates. Of the patients that calibrate a seventh optimizes, from 4 to 32; with the preset `paper` a quarter, at
 * most its 32. Either leaves the ⌈1/ε⌉ − 1 patients that the smallest tolerance needs, where the cohort has them. A size that is given decides what the
 * others leave: with `nTest` 0, every patient calibrates. Sizes given are returned as they are, also where they do not fit.
 */
export function defaultSizes(
  patients: number,
  given: Partial<SplitSizes> = {},
  { preset, epsilon = 0.1 }: SizeRule = {},
): SplitSizes {
  const paper = patients >= PAPER_PATIENTS;
  const fifth = paper ? PAPER_SIZES.nTest : Math.floor(patients / 5);
  const nTest = given.nTest ?? Math.max(0, Math.min(fifth, patients - (given.nCal ?? 0)));
  const most = Math.max(1, patients - nTest);
  const nCal = given.nCal ?? (paper && nTest > 0 ? Math.min(PAPER_SIZES.nCal, most) : most);
  const share = preset === 'paper' ? Math.floor(nCal / 4) : Math.max(Math.floor(nCal / 7), 4);
  const needed = Math.ceil(1 / (epsilon + CONDITION_SLACK)) - 1;
  const left = needed < nCal ? nCal - needed : nCal;
  // Where too few patients are left whatever optimizes, that is refused by what it is: n too small for ε.
  const nOpt = Math.min(Math.max(1, Math.min(share, PAPER_SIZES.nOpt, left)), nCal - 1);
  return { nOpt: given.nOpt ?? nOpt, nCal, nTest };
}

/**
 * Throws a `usage` error that names the cohort's size and proposes numbers when the sizes do not fit it.
 * Nothing is ever shrunk silently.
 *
 * @param rule that the sizes proposed follow
 */
export function checkSplitSizes(index: CohortIndex, sizes: SplitSizes, rule: SizeRule = {}): void {
  const { nOpt, nCal, nTest } = sizes;
  for (const [name, value] of Object.entries({ nOpt, nCal, nTest })) {
    if (!Number.isInteger(value) || value < 0) {
      throw new SemcrcError('usage', `\`${name}\` must be a whole number of patients, found ${value}`, {
        data: { options: [name], [name]: value },
      });
    }
  }
  const patients = new Set(index.patients).size;
  if (nOpt >= nCal) {
    throw new SemcrcError(
      'usage',
      `\`nCal\` counts the opt patients too, so it must exceed \`nOpt\`: found \`nOpt\` ${nOpt}, \`nCal\` ${nCal}, in a cohort of ${patients}`,
      { data: { options: ['nOpt', 'nCal'], nOpt, nCal, patients } },
    );
  }
  if (nCal + nTest > patients) {
    const fitting = defaultSizes(patients, {}, rule);
    const scans =
      patients === index.ids.length
        ? `${patients} scans`
        : `${patients} patients (${index.ids.length} scans)`;
    throw new SemcrcError(
      'usage',
      `\`nCal\` ${nCal} + \`nTest\` ${nTest} = ${nCal + nTest} exceeds the cohort, which has ${scans}; ` +
        `\`nOpt\` ${fitting.nOpt} \`nCal\` ${fitting.nCal} \`nTest\` ${fitting.nTest} would fit`,
      { data: { options: ['nOpt', 'nCal', 'nTest'], nOpt, nCal, nTest, patients, scans: index.ids.length } },
    );
  }
}

/**
 * The split of run `run` of `seed`: patients are shuffled, the first nOpt optimize, the next nCal − nOpt calibrate,
 * the next nTest are measured on. A function of (seed, run, patients in cohort order) alone: the same for every
 * procedure, worker count and platform.
 */
export function drawSplit(index: CohortIndex, sizes: SplitSizes, seed: number, run: number): Split {
  checkSplitSizes(index, sizes);
  const scansOf = groupByPatient(index);
  const patients = shuffle([...scansOf.keys()], randomStream(seed, run));
  const scans = (from: number, to: number) =>
    patients.slice(from, to).flatMap((patient) => scansOf.get(patient)!);
  const { nOpt, nCal, nTest } = sizes;
  return { opt: scans(0, nOpt), cal: scans(nOpt, nCal), test: scans(nCal, nCal + nTest) };
}
