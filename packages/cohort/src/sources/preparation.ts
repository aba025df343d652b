import { abdomenWindow, resolvePaper } from '@semcrc/imaging';
import { resolveLabelling } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { countDraws } from '../scan/scan-files.ts';
import { type StorePlan, writeScan } from '../store/draft.ts';
import type { OptionalVolumes } from '../store/format.ts';
import type { ScanFiles, ScanList } from './manifest.ts';
import { contentOf, digestScans, type ScanOptions, type SourceHooks, scanPreparer } from './scan-source.ts';

/** How a scan fared. */
export type ScanOutcome =
  | { readonly state: 'kept'; readonly clipped: number; readonly crossed: number }
  | { readonly state: 'left-out'; readonly reason: string };

/** A cohort on its way into a store; every process that takes part opens its own. */
export interface Preparation {
  /** For `beginStore`. */
  readonly plan: StorePlan;
  /** Prepares one scan and writes it to the store begun at `path`. Any process may do any scan, in any order. */
  prepare(path: string, id: string): Promise<ScanOutcome>;
}

/** Which optional volumes every scan has. @throws SemcrcError `bad-input` for draws that {@link countDraws} refuses. */
async function optionalVolumes(scans: readonly ScanFiles[]): Promise<OptionalVolumes> {
  return {
    point: scans.every(({ point }) => point !== undefined),
    std: scans.every(({ std }) => std !== undefined),
    samples: await countDraws(scans),
  };
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
  const digest = options.known?.digest ?? (await digestScans(scans, content));
  const preparer = await scanPreparer(labelling, options, hooks);
  const byId = new Map(scans.map((files) => [files.scan, files]));
  const paper = options.paper && resolvePaper(options.paper);
  return {
    plan: {
      digest,
      ids: scans.map(({ scan }) => scan),
      patients: scans.map(({ patient }) => patient),
      labels: labelling.labels,
      volumes: await optionalVolumes(scans),
      groupBytes: labelling.groupBytes,
      window: options.window ?? abdomenWindow,
      spacing: paper?.spacing ?? null,
      source: {
        name,
        scheme: labelling.scheme.name,
        ...(options.labels === undefined ? {} : { labels: options.labels }),
        extraLabels: options.extraLabels ?? [],
        predictionUnits: options.predictionUnits ?? 'window',
        prepare: paper ?? 'none',
      },
    },
    async prepare(path, id) {
      const files = byId.get(id);
      if (!files) throw new SemcrcError('usage', `${name} has no scan "${id}"`, { data: { scan: id } });
      const prepared = await preparer.prepare(files);
      await writeScan(path, id, prepared);
      return prepared.state === 'kept' ? { state: 'kept', ...prepared.sample.mended } : prepared;
    },
  };
}
