import { type Cohort, PREPARING_DEFAULTS, type Preparing, type PreparingOptions, UNCUT } from '@semcrc/core';
import type { Labelling, PaperSlices } from '@semcrc/imaging';
import { FIRST_EXTRA, namedScheme, UNKNOWN_LABEL } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import { isFolder } from '../scan/scan-files.ts';
import type { ReadingOptions } from '../scan/scan-reader.ts';
import type { ScanFiles } from './manifest.ts';

/**
 * How the scans of a manifest or a directory tree are made: the settings of core's `PreparingOptions`, with its defaults, and
 * plain data, so that workers can be sent it. `labels` must be given: a scheme is never guessed.
 */
export interface ScanOptions extends PreparingOptions {
  /**
   * What an earlier opening in this run found. With the digest, files are not looked at again until they are read; with the
   * scans left out, none is read to find out which qualify.
   */
  readonly known?:
    | Partial<Pick<Cohort, 'digest' | 'draws' | 'leftOut' | 'fingerprints' | 'preparing'>>
    | undefined;
}

/** How the options read intensities and labels. */
export function readingOf(
  options: ScanOptions,
  labelling: Labelling,
): Required<Omit<ReadingOptions, 'note'>> {
  const { window, predictionUnits, truthUnits, affineTolerance } = settled(options);
  return { labelling, window, predictionUnits, truthUnits, affineTolerance };
}

/** The options with the default of every setting that was left out. */
function settled(options: ScanOptions): typeof PREPARING_DEFAULTS & ScanOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...PREPARING_DEFAULTS, ...Object.fromEntries(given) };
}

/** How a few slices are taken of a scan, and by which image it is cropped first. */
export interface SliceChoice extends PaperSlices {
  readonly crop: 'truth' | 'point';
}

/** The slices that the options take of a scan; null where scans are taken whole. */
export function paperSlicesOf(options: ScanOptions): SliceChoice | null {
  if (options.prepare !== 'paper') return null;
  const { spacing = null, slices, size, windowSlices, margin, leastLabelled, crop } = settled(options);
  return { spacing, slices, size, windowSlices, margin, leastLabelled, crop };
}

/** What a cohort's files hold of what λ depends on. */
export type ScanInputs = Pick<Preparing, 'point' | 'std' | 'body' | 'draws' | 'segmentation'>;

/**
 * What every one of some scans has.
 *
 * @throws SemcrcError `bad-input` where only some have a body mask: label 0 would mean one thing in them and another elsewhere.
 */
export function inputsOf(
  scans: readonly Pick<ScanFiles, 'scan' | 'point' | 'std' | 'body' | 'segmentation'>[],
  draws: number,
): ScanInputs {
  const all = (role: 'point' | 'std' | 'body') => scans.every((files) => files[role] !== undefined);
  const without = scans.find(({ body }) => body === undefined);
  const withBody = scans.find(({ body }) => body !== undefined);
  if (without && withBody) {
    throw new SemcrcError(
      'bad-input',
      `scan ${without.scan} has no body mask, scan ${withBody.scan} has one: its body would count as background; ` +
        'give every scan a mask, or none',
      { data: { scan: without.scan, other: withBody.scan } },
    );
  }
  const folders = scans.filter(({ segmentation }) => isFolder(segmentation)).length;
  const segmentation = folders === 0 ? 'labels' : folders === scans.length ? 'masks' : 'mixed';
  return { point: all('point'), std: all('std'), body: all('body'), draws, segmentation };
}

/** The record of how scans are made by the options, with every default filled in. */
export function preparingOf(options: ScanOptions, labelling: Labelling, inputs: ScanInputs): Preparing {
  const { scheme } = labelling;
  const reading = readingOf(options, labelling);
  const recorded = {
    ...inputs,
    labels: options.labels ?? scheme.name,
    labelNames: namedScheme(options.labels ?? scheme.name) ? null : Object.fromEntries(scheme.names),
    extraLabels: extraNames(labelling),
    window: reading.window,
    predictionUnits: reading.predictionUnits,
    truthUnits: reading.truthUnits,
  };
  const paper = paperSlicesOf(options);
  if (paper) return { ...recorded, prepare: 'paper', ...paper, surroundings: paper.spacing === null };
  return { ...recorded, prepare: 'none', ...UNCUT };
}

/** Labels that have a λ of their own beside the organs, as the scheme names them. */
function extraNames({ scheme, labelOf }: Labelling): readonly string[] {
  return [...scheme.names].flatMap(([number, name]) =>
    (labelOf[number] as number) >= FIRST_EXTRA && labelOf[number] !== UNKNOWN_LABEL ? [name] : [],
  );
}
