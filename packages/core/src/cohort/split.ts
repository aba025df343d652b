import { SemcrcError } from '@semcrc/kernels';
import type { SplitSizes } from '../options/experiment-plan.ts';
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

/**
 * Sizes for a cohort where they are not given: the paper's where it has 640 patients or more; else a fifth is held out, the
 * rest calibrates, and a seventh of that, from 4 to 32, optimizes. A size that is given decides what the others leave:
 * with `nTest` 0, every patient calibrates. Sizes given are returned as they are, also where they do not fit.
 */
export function defaultSizes(patients: number, given: Partial<SplitSizes> = {}): SplitSizes {
  const paper = patients >= PAPER_PATIENTS;
  const fifth = paper ? PAPER_SIZES.nTest : Math.floor(patients / 5);
  const nTest = given.nTest ?? Math.max(0, Math.min(fifth, patients - (given.nCal ?? 0)));
  const most = Math.max(1, patients - nTest);
  const nCal = given.nCal ?? (paper && nTest > 0 ? Math.min(PAPER_SIZES.nCal, most) : most);
  const seventh = Math.min(Math.max(Math.floor(nCal / 7), 4), PAPER_SIZES.nOpt);
  const nOpt = given.nOpt ?? Math.min(paper ? PAPER_SIZES.nOpt : seventh, nCal - 1);
  return { nOpt, nCal, nTest };
}

/**
 * Throws a `usage` error that names the cohort's size and proposes numbers when the sizes do not fit it.
 * Nothing is ever shrunk silently.
 */
export function checkSplitSizes(index: CohortIndex, sizes: SplitSizes): void {
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
    const fitting = defaultSizes(patients);
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
