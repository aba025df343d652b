import { type Calibration, type EvaluationDocument, promisesOrgans } from '@semcrc/core';
import { type ExperimentFacts, factsOf, lambdasOfOrgan } from '../experiment.ts';
import { type PlainSummary, summaryOf } from '../verdict/summary.ts';
import { inHu, organName, plainPercent } from '../words.ts';
import { asExperiment } from './calibrated-run.ts';

/** Name and version of the card's JSON twin. */
export const CARD_SCHEMA = 'semcrc/card@1';

/** A calibration to be reported, with what its files are called and how they can be told apart. */
export interface ReportedCalibration {
  /** Its file. */
  readonly name: string;
  readonly document: Calibration;
  /** SHA-256 of the file, in hexadecimal; null where it was not read from one. */
  readonly digest: string | null;
  readonly evaluation: {
    readonly name: string;
    readonly document: EvaluationDocument;
    readonly digest: string | null;
  } | null;
  /** How to check the calibration again, a command or step each. */
  readonly checks: readonly string[];
}

/** One organ of a card; λ, widths and their HU are null where there are none. */
export interface CardOrgan {
  readonly id: string;
  readonly name: string;
  readonly status: string | null;
  readonly nCal: number | null;
  /** λ̂ of the organ's groups: the range they span, shares of the window; "Infinity" where the interval is the whole range. */
  readonly lambda: { readonly least: number | 'Infinity'; readonly most: number | 'Infinity' } | null;
  readonly lambdaHu: { readonly least: number | 'Infinity'; readonly most: number | 'Infinity' } | null;
  /** Mean λ̂ over the organ's voxels on the opt scans, where it has several groups. */
  readonly meanLambda: Calibration['lambda'][string] | null;
  readonly risk: number | null;
  readonly length: number | null;
  readonly lengthHu: number | null;
  readonly testScans: number;
}

/** The calibration card as data: what was calibrated on what, what is guaranteed and what is not, how to check it. */
export interface Card {
  readonly schema: typeof CARD_SCHEMA;
  readonly calibration: { readonly file: string; readonly sha256: string | null };
  readonly evaluation: {
    readonly file: string;
    readonly sha256: string | null;
    readonly source: { readonly name: string; readonly digest: string };
    readonly scans: number;
    readonly patients: number;
    readonly calibratedOn: number;
  } | null;
  readonly procedure: string;
  readonly epsilon: number;
  readonly bound: string;
  readonly delta: number | null;
  readonly heuristic: string;
  readonly units: ExperimentFacts['units'];
  readonly source: Calibration['source'];
  readonly scans: { readonly opt: number; readonly cal: number; readonly test: number };
  readonly n: number;
  readonly guaranteed: string;
  readonly notGuaranteed: readonly string[];
  readonly verdict: {
    readonly judgement: PlainSummary['verdict']['judgement'];
    readonly z: number | null;
    readonly flaggedAbove: number;
    readonly promised: string;
    readonly measured: string;
    readonly conclusion: string;
  };
  readonly risk: number | null;
  readonly length: number | null;
  readonly lengthHu: number | null;
  readonly organs: readonly CardOrgan[];
  readonly flags: PlainSummary['flags'];
  readonly advice: readonly string[];
  readonly checks: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}

/** The card of a calibration with the facts and the summary it is made of. */
export function cardOf(reported: ReportedCalibration): {
  readonly card: Card;
  readonly facts: ExperimentFacts;
  readonly summary: PlainSummary;
} {
  const { document: calibration, evaluation, name, digest, checks } = reported;
  const facts = factsOf(asExperiment(name, calibration, evaluation?.document ?? null));
  const base = summaryOf(facts);
  const summary = { ...base, flags: [...evaluationFlags(evaluation?.document ?? null), ...base.flags] };
  const { units } = facts;
  const { verdict } = summary;
  const card: Card = {
    schema: CARD_SCHEMA,
    calibration: { file: name, sha256: digest },
    evaluation: evaluation && {
      file: evaluation.name,
      sha256: evaluation.digest,
      source: evaluation.document.source,
      scans: evaluation.document.scans,
      patients: evaluation.document.patients,
      calibratedOn: evaluation.document.calibratedOn,
    },
    procedure: calibration.procedure,
    epsilon: calibration.epsilon,
    bound: calibration.bound,
    delta: calibration.delta,
    heuristic: calibration.heuristic,
    units,
    source: calibration.source,
    scans: {
      opt: calibration.split.opt.length,
      cal: calibration.split.cal.length,
      test: calibration.split.test.length,
    },
    n: calibration.n,
    guaranteed: calibration.guarantee,
    notGuaranteed: notGuaranteed(calibration),
    verdict: {
      judgement: verdict.judgement,
      z: verdict.z !== null && Number.isFinite(verdict.z) ? verdict.z : null,
      flaggedAbove: verdict.flaggedAbove,
      promised: verdict.promised,
      measured: verdict.measured,
      conclusion: verdict.conclusion,
    },
    risk: summary.risk,
    length: summary.length,
    lengthHu: summary.length !== null && units !== null ? summary.length * units.huPerUnit : null,
    organs: cardOrgans(calibration, facts),
    flags: summary.flags,
    advice: summary.advice,
    checks,
    versions: calibration.versions,
  };
  return { card, facts, summary };
}

function evaluationFlags(evaluation: EvaluationDocument | null): PlainSummary['flags'] {
  if (evaluation === null) return [];
  const { calibratedOn, scans, extrapolation } = evaluation;
  return [
    ...(calibratedOn === 0
      ? []
      : [
          {
            weight: 'red' as const,
            title: 'Measured on calibration scans',
            text: `${calibratedOn} of the ${scans} scans measured were calibrated on, so they say little about new ones.`,
          },
        ]),
    ...(extrapolation === null
      ? []
      : [{ weight: 'amber' as const, title: 'Measured on other voxels', text: extrapolation }]),
  ];
}

/** What a reader might take for promised, and is not. */
export function notGuaranteed({ procedure, bound, epsilon }: Calibration): string[] {
  const share = plainPercent(epsilon);
  const organs = promisesOrgans(procedure);
  return [
    `That every single scan stays below ${share}: the promise is about the average over scans.`,
    organs
      ? `That a whole scan stays below ${share} on average: organs are promised one by one.`
      : `That every organ stays below ${share} on average: organs are counted together. The procedure organ-crc promises each.`,
    'Anything for scans acquired, predicted, segmented or prepared in another way than the calibration scans.',
    'That the predicted image or the segmentation is right: intervals are about the true intensity of each voxel, whatever organ it was taken for.',
    ...(bound === 'crc'
      ? [
          'That this very calibration meets the tolerance: the promise is about the average over calibrations, too.',
        ]
      : []),
  ];
}

function cardOrgans(calibration: Calibration, { experiment, units }: ExperimentFacts): CardOrgan[] {
  const { labels, organs, lambda, meanLambda = {}, partition } = calibration;
  const [{ test }] = experiment.document.runs;
  const factor = units?.huPerUnit ?? null;
  const byOrgan = partition.kind !== 'uniform' && partition.kind !== 'position';
  return Object.keys(labels)
    .sort((a, b) => Number(a) - Number(b))
    .map((id) => {
      const held = test && Object.hasOwn(test.organs, id) ? test.organs[id] : null;
      const status = Object.hasOwn(organs, id) ? organs[id] : null;
      const own = byOrgan
        ? lambdasOfOrgan(lambda, id)
        : partition.kind === 'uniform'
          ? Object.values(lambda)
          : [];
      const values = own.flatMap((value) =>
        typeof value === 'object' ? [Number(value.below), Number(value.above)] : [Number(value)],
      );
      const range = (scale: number | null) =>
        values.length === 0 || scale === null
          ? null
          : { least: finite(Math.min(...values) * scale), most: finite(Math.max(...values) * scale) };
      return {
        id,
        name: labels[id],
        status: status?.status ?? null,
        nCal: status?.nCal ?? null,
        lambda: range(1),
        lambdaHu: range(factor),
        meanLambda: Object.hasOwn(meanLambda, id) ? meanLambda[id] : null,
        risk: held?.risk ?? null,
        length: held?.length ?? null,
        lengthHu: held && factor !== null ? held.length * factor : null,
        testScans: held?.scans ?? 0,
      };
    });
}

const finite = (value: number): number | 'Infinity' => (Number.isFinite(value) ? value : 'Infinity');

/** λ̂ of a card's organ for reading. */
export function lambdaInWords({ lambda, meanLambda }: CardOrgan, units: ExperimentFacts['units']): string {
  if (lambda === null) return 'by position';
  const [least, most] = [Number(lambda.least), Number(lambda.most)];
  const range =
    least === most ? oneInWords(most, units) : `${oneInWords(least, units)} to ${inHu(most, units)}`;
  if (meanLambda === null) return range;
  return `${sidesInWords(meanLambda, units)} (${range})`;
}

/** A λ̂ for reading, both sides where they differ. */
export function sidesInWords(value: Calibration['lambda'][string], units: ExperimentFacts['units']): string {
  if (typeof value !== 'object') return oneInWords(Number(value), units);
  return `${oneInWords(Number(value.below), units)} below, ${oneInWords(Number(value.above), units)} above`;
}

/** λ = −1 is where the path of intervals that shrink begins. */
const oneInWords = (value: number, units: ExperimentFacts['units']): string =>
  value === -1 ? 'drawn in to the point' : inHu(value, units);

/** A card organ's name for reading. */
export const cardOrganName = ({ id, name }: CardOrgan): string => organName({ [id]: name }, id);
