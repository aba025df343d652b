import type { ApplySummary, Calibration } from '@semcrc/core';
import type { FileBlob } from '@semcrc/imaging';
import { NiftiBlobWriter } from '@semcrc/imaging';
import { describeNotes, type ScanNote } from '../scan/scan-note.ts';
import type { ApplyFiles } from '../scan/scan-slabs.ts';
import type { FileAccess } from '../sources/digest.ts';
import { Application, type ApplicationOptions } from './application.ts';
import type { Output } from './publish.ts';

/** What applying a calibration to a scan on a page came to. */
export interface AppliedBlobs {
  /** `lower.nii.gz` and so on, by the names that `applyToFiles` gives them. */
  readonly files: readonly { readonly name: string; readonly blob: FileBlob }[];
  readonly summary: ApplySummary;
  readonly notes: readonly string[];
}

/**
 * As `applyToFiles` of `@semcrc/cohort/node`, from files of a page into files of a page: the same summary, headers and voxels,
 * deflated by the browser.
 *
 * @param progress called with the slices done so far
 * @param signal looked at between slabs
 * @throws SemcrcError as {@link Application} does; what `signal` was aborted with
 */
export async function applyToBlobs(
  access: FileAccess,
  calibration: Calibration,
  files: ApplyFiles,
  options: ApplicationOptions & {
    readonly progress?: ((slices: number, of: number) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<AppliedBlobs> {
  const { progress, signal } = options;
  const notes: ScanNote[] = [];
  const reading = { ...options, note: (note: ScanNote) => notes.push(note) };
  const application = await Application.open(access, calibration, files, reading);
  const { grid, header, outputs } = application;
  const writers = new Map<Output, NiftiBlobWriter>();
  try {
    for (const name of outputs) {
      const file = `${name}.nii.gz`;
      const writer = new NiftiBlobWriter(file, grid.shape, grid.affine, 'float32', { template: header });
      writers.set(name, writer);
    }
    for await (const { done, volumes } of application.slabs()) {
      signal?.throwIfAborted();
      await Promise.all(outputs.map((name) => writers.get(name)?.write(volumes[name])));
      progress?.(done, grid.shape[0]);
    }
    const blobs: { name: string; blob: Blob }[] = [];
    for (const [name, writer] of writers) {
      blobs.push({ name: `${name}.nii.gz`, blob: await writer.complete() });
    }
    return { files: blobs, summary: application.summary, notes: describeNotes(notes) };
  } catch (error) {
    await Promise.all([...writers.values()].map((writer) => writer.abort()));
    throw error;
  }
}
