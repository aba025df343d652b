import { resolveLabelling } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { countDraws } from '../scan/scan-files.ts';
import type { ScanNote } from '../scan/scan-note.ts';
import { type StorePlan, writeScan } from '../store/draft.ts';
import type { ScanList } from './manifest.ts';
import { inputsOf, preparingOf, type ScanOptions } from './scan-options.ts';
import {
  contentOf,
  digestScans,
  knownDigests,
  type SourceHooks,
  scanPreparer,
  sitesOf,
} from './scan-source.ts';

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
  /** Prepares one scan and writes it to the store begun at `path`. Any process may do any scan, in any order. */
  prepare(path: string, id: string): Promise<ScanOutcome>;
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
  hooks: SourceHooks = {},
): Promise<Preparation> {
  const labelling = await resolveLabelling(options.labels, options.extraLabels);
  const content = contentOf(labelling, options);
  const { digest, fingerprints } = knownDigests(options) ?? (await digestScans(scans, content, hooks.note));
  const notes: ScanNote[] = [];
  const preparer = await scanPreparer(labelling, options, {
    ...hooks,
    note: (note) => {
      notes.push(note);
      hooks.note?.(note);
    },
  });
  const byId = new Map(scans.map((files) => [files.scan, files]));
  const inputs = inputsOf(scans, await countDraws(scans));
  return {
    plan: {
      digest,
      ...(fingerprints === undefined ? {} : { fingerprints }),
      ids: scans.map(({ scan }) => scan),
      patients: scans.map(({ patient }) => patient),
      ...sitesOf(scans),
      labels: labelling.labels,
      volumes: { point: inputs.point === true, std: inputs.std === true, samples: inputs.draws ?? 0 },
      labelBytes: labelling.labelBytes,
      name,
      preparing: preparingOf(options, labelling, inputs),
    },
    async prepare(path, id) {
      const files = byId.get(id);
      if (!files) throw new SemcrcError('usage', `${name} has no scan "${id}"`, { data: { scan: id } });
      const prepared = await preparer.prepare(files);
      await writeScan(path, id, prepared);
      if (prepared.state === 'left-out') return prepared;
      return { state: 'kept', ...prepared.sample.mended, notes: notes.filter(({ scan }) => scan === id) };
    },
  };
}
