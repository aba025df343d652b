import type { Labelling } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { TakeNote } from '../scan/scan-note.ts';
import { digestOf, fingerprintOf } from './digest.ts';
import { disk } from './disk.ts';
import { filesOf, type ScanFiles } from './manifest.ts';
import { paperSlicesOf, readingOf, type ScanOptions } from './scan-options.ts';

/** The part of the configuration that decides what samples come out of the files. */
export function contentOf(labelling: Labelling, options: ScanOptions): object {
  const reading = readingOf(options, labelling);
  return {
    kind: 'semcrc/scans@2',
    labels: labelling.labels,
    groups: [...labelling.scheme.names.keys()].map((number) => [number, labelling.labelOf[number]]),
    window: reading.window,
    predictionUnits: reading.predictionUnits,
    truthUnits: reading.truthUnits,
    prepare: paperSlicesOf(options) ?? 'none',
  };
}

/** Notes a ground truth that another scan has, too. */
function noteTwice(
  { scan, groundTruth: file }: ScanFiles,
  other: ScanFiles | undefined,
  note?: TakeNote,
): void {
  if (other === undefined) return;
  const message =
    `scans ${other.scan} and ${scan} have the same ground truth (${file}): in two splits, or counted twice, they break ` +
    'the exchangeability that the guarantee needs';
  note?.({ kind: 'same-files', scan, file, message });
}

/** What files are known by: the cohort, and the ground truth of each scan in order. */
export interface CohortDigests {
  readonly digest: string;
  readonly fingerprints?: readonly string[] | undefined;
  /** SHA-256 over the fingerprints of each scan's files, in order: what one scan is known by. */
  readonly scanDigests?: readonly string[] | undefined;
}

/** The digests that an earlier opening in this run found. */
export function knownDigests({ known = {} }: ScanOptions): CohortDigests | undefined {
  const { digest, fingerprints } = known;
  return digest === undefined ? undefined : { digest, fingerprints };
}

/**
 * SHA-256 over the configuration and, for each scan in order, its id, its patient and the fingerprint of each of its
 * files (see {@link fingerprintOf}: sizes and content, no paths or times).
 *
 * @throws SemcrcError `bad-input` naming scan and path when a file is not there.
 */
export async function digestScans(
  scans: readonly ScanFiles[],
  content: object,
  note?: TakeNote,
): Promise<Required<CohortDigests> & { readonly scanDigests: readonly string[] }> {
  const hash = digestOf(disk, content);
  const fingerprints: string[] = [];
  const scanDigests: string[] = [];
  const truths = new Map<string, ScanFiles>();
  for (const files of scans) {
    const about = [files.scan, files.patient, ...(files.site === undefined ? [] : [files.site])];
    hash.update(`${JSON.stringify(about)}\n`);
    const own = digestOf(disk, about);
    for (const [role, path] of filesOf(files)) {
      try {
        const print = await fingerprintOf(disk, path, role);
        hash.update(print);
        own.update(print);
        if (role === 'groundTruth') noteTwice(files, truths.get(print), note);
        if (role === 'groundTruth') {
          truths.set(print, files);
          fingerprints.push(print);
        }
      } catch (error) {
        if (!(error instanceof SemcrcError)) throw error;
        throw new SemcrcError('bad-input', `scan ${files.scan}: ${error.message} (the ${role} of the scan)`, {
          data: { ...error.data, scan: files.scan },
          cause: error,
        });
      }
    }
    scanDigests.push(own.digest('hex'));
  }
  return { digest: hash.digest('hex'), fingerprints, scanDigests };
}
