import { keepsSurroundings } from '@semcrc/core';
import { diskNifti, resolveLabelling } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { countDraws } from '../scan/scan-files.ts';
import type { ScanNote } from '../scan/scan-note.ts';
import { begunPlan, type StorePlan, writeScan } from '../store/draft.ts';
import { digestOf, fingerprintOf } from './digest.ts';
import { disk } from './disk.ts';
import type { ScanFiles, ScanList } from './manifest.ts';
import { type CohortDigests, contentOf, digestScans, knownDigests } from './scan-digests.ts';
import { inputsOf, preparingOf, type ScanOptions } from './scan-options.ts';
import { findMeasurements, type SourceHooks, scanPreparer, sitesOf } from './scan-source.ts';

/** What is prepared of scans with measurements, which no sample is made of, is more than what a digest of samples covers. */
async function withMeasurements(scans: readonly ScanFiles[], digests: CohortDigests): Promise<CohortDigests> {
  const files = scans.flatMap(({ measurement }) => measurement ?? []);
  if (files.length === 0) return digests;
  await findMeasurements(scans);
  const hash = digestOf(disk, digests.digest);
  const scanDigests: string[] = [];
  for (const [at, { measurement }] of scans.entries()) {
    const own = digestOf(disk, digests.scanDigests?.[at]);
    if (measurement !== undefined) {
      const print = await fingerprintOf(disk, measurement, 'measurement');
      hash.update(print);
      own.update(print);
    }
    scanDigests.push(own.digest('hex'));
  }
  return { ...digests, digest: hash.digest('hex'), scanDigests };
}

/** How a scan fared. */
export type ScanOutcome =
  | {
      readonly state: 'kept';
      readonly clipped: number;
      readonly crossed: number;
      /** What is worth knowing of its files; see `describeNotes`. */
      readonly notes: readonly ScanNote[];
    }
  | { readonly state: 'left-out'; readonly reason: string };

/** A cohort on its way into a store; every process that takes part opens its own. */
export interface Preparation {
  /** For `beginStore`. */
  readonly plan: StorePlan;
  /**
   * Prepares one scan and writes it to the store begun at `path`. Any process may do any scan, in any order.
   *
   * @param planned digest of the scan's files when the store was begun, where another process began it
   * @throws SemcrcError `bad-input` where the files are others now
   */
  prepare(path: string, id: string, planned?: string): Promise<ScanOutcome>;
}

/** Hooks, and where a store may have been begun that the plan is to fit. */
export interface PreparationHooks extends SourceHooks {
  /**
   * A store's path: where a preparation of the same scans and options was begun there, its digests are taken over, and each scan's
   * files are looked at when it is prepared. They need not all be read again by every process that takes part.
   */
  readonly begunAt?: string | undefined;
}

/**
 * Plans how the scans of a manifest or tree become a prepared cohort:
 *
 *     const preparation = await openPreparation(list, options);
 *     const progress = await beginStore(path, preparation.plan);
 *     if (progress.state === 'begun') {
 *       for (const id of progress.pending) await preparation.prepare(path, id);
 *       await finishStore(path);
 *     }
 *
 * @throws SemcrcError as opening a manifest does.
 */
export async function openPreparation(
  { name, scans }: ScanList,
  options: ScanOptions,
  hooks: PreparationHooks = {},
): Promise<Preparation> {
  const labelling = await resolveLabelling(options.labels, options.extraLabels);
  const content = contentOf(labelling, options);
  const making = digestOf(disk, [
    content,
    scans.map(({ scan, patient, site }) => [scan, patient, ...(site === undefined ? [] : [site])]),
  ]).digest('hex');
  const { digest, fingerprints, scanDigests } =
    knownDigests(options) ??
    (await digestsOf(hooks.begunAt, making)) ??
    (await withMeasurements(scans, await digestScans(scans, content, hooks.note)));
  const notes: ScanNote[] = [];
  const preparer = await scanPreparer(labelling, options, {
    ...hooks,
    note: (note) => {
      notes.push(note);
      hooks.note?.(note);
    },
  });
  const byId = new Map(scans.map((files) => [files.scan, files]));
  const inputs = inputsOf(diskNifti.files, scans, await countDraws(diskNifti, scans));
  const measurement = scans.every((files) => files.measurement !== undefined);
  const preparing = preparingOf(options, labelling, inputs);
  return {
    plan: {
      digest,
      making,
      ...(fingerprints === undefined ? {} : { fingerprints }),
      ...(scanDigests === undefined ? {} : { scanDigests }),
      ids: scans.map(({ scan }) => scan),
      patients: scans.map(({ patient }) => patient),
      ...sitesOf(scans),
      labels: labelling.labels,
      volumes: {
        point: inputs.point === true,
        std: inputs.std === true,
        measurement,
        samples: inputs.draws ?? 0,
        surroundings: keepsSurroundings(preparing),
      },
      labelBytes: labelling.labelBytes,
      name,
      preparing,
    },
    async prepare(path, id, planned) {
      const files = byId.get(id);
      if (!files) throw new SemcrcError('usage', `${name} has no scan "${id}"`, { data: { scan: id } });
      if (planned !== undefined) await checkUnchanged(files, planned);
      const prepared = await preparer.prepare(files, measurement ? 'measurement' : 'sample');
      await writeScan(path, id, prepared);
      if (prepared.state === 'left-out') return prepared;
      return { state: 'kept', ...prepared.sample.mended, notes: notes.filter(({ scan }) => scan === id) };
    },
  };
}

/** The digests of a store that was begun, if it is of the same making. */
async function digestsOf(path: string | undefined, making: string): Promise<CohortDigests | undefined> {
  const begun = path === undefined ? undefined : await begunPlan(path);
  return begun?.making === making && begun.scanDigests !== undefined ? begun : undefined;
}

/** @throws SemcrcError `bad-input` where a scan's files are not those that were there when the store was begun */
async function checkUnchanged(files: ScanFiles, planned: string): Promise<void> {
  const { scanDigests } = await withMeasurements([files], await digestScans([files], {}));
  if (scanDigests?.[0] === planned) return;
  throw new SemcrcError(
    'bad-input',
    `scan ${files.scan}: its files have changed since this cohort was begun; put them back, or begin again in another \`out\``,
    { data: { scan: files.scan, file: files.groundTruth, options: ['out'] } },
  );
}
