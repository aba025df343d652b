// What the engine's worker does: one scan open at a time, and cohorts by their number.
import { applyToBlobs, openDroppedProfiles, openDroppedStore, type ScanVoxels } from '@semcrc/cohort';
import { type Cohort, checkSamePreparing, cohortOf, type Sample, type Source } from '@semcrc/core';
import { type Affine, abdomenWindow, identityAffine, makeGrid } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import { phantomSource } from '@semcrc/simulate';
import { summaryRows } from './applied-csv.ts';
import { readCalibration } from './calibration-facts.ts';
import type { CohortPlace } from './cohort-place.ts';
import { EXAMPLE_EXTRAPOLATION, exampleScan } from './example-scan.ts';
import { memoryOf, refuseTooLarge } from './memory.ts';
import { ScanInWorker } from './scan-in-worker.ts';
import { filesOf, readingFor } from './scan-reading.ts';
import type {
  Applied,
  ApplyOptions,
  Intervals,
  MapName,
  NamedCalibration,
  OpenScan,
  Progress,
  ReadingOptions,
  ScanFiles,
  ScanId,
} from './types.ts';

/** How far work has come, and when to give it up. */
export interface JobWork {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

/** The jobs of the worker. */
export class WorkerJobs {
  #scan: { readonly id: ScanId; readonly scan: ScanInWorker } | undefined;
  #scans = 0;
  #example: ReturnType<typeof exampleScan> | undefined;
  readonly #cohorts = new Map<number, Source>();

  async memoryNeeded(scan: ScanFiles) {
    const { access } = filesOf(scan);
    return memoryOf(access, scan.roles);
  }

  async openScan(
    scan: ScanFiles,
    calibrations: readonly NamedCalibration[],
    options: ReadingOptions,
    { signal, progress }: JobWork,
  ): Promise<OpenScan> {
    const { access, files } = filesOf(scan);
    const facts = calibrations.map(({ text, name }) => readCalibration(text, name));
    const [first] = facts;
    if (!first)
      throw new SemcrcError('usage', 'A scan is looked at under a calibration; drop a calibration.json, too');
    refuseTooLarge(files.lower, await memoryOf(access, scan.roles, options.limit));
    const truthUnits = options.truthUnits === undefined ? {} : { truthUnits: options.truthUnits };
    const reading = { ...readingFor(first.calibration, options), ...truthUnits };
    const report = (done: number, total: number) => progress({ stage: 'reading', done, total });
    return this.#keep((id) =>
      ScanInWorker.read(id, access, files, facts, reading, { signal, progress: report }),
    );
  }

  intervals(id: ScanId, design: number, knot: number, want: readonly MapName[] | undefined): Intervals {
    if (this.#scan?.id !== id) throw new SemcrcError('usage', 'The scan was closed');
    return this.#scan.scan.intervals(design, knot, want);
  }

  closeScan(id?: ScanId): void {
    if (id === undefined || this.#scan?.id === id) this.#scan = undefined;
  }

  async apply(
    scan: ScanFiles,
    { text, name }: NamedCalibration,
    { units, ...options }: ApplyOptions,
    { signal, progress }: JobWork,
  ): Promise<Applied> {
    const { access, files } = filesOf(scan);
    const { calibration } = readCalibration(text, name);
    const { truth: _, ...predictions } = files;
    const applied = await applyToBlobs(access, calibration, predictions, {
      ...readingFor(calibration, options),
      units,
      signal,
      progress: (done, total) => progress({ stage: 'applying', done, total }),
    });
    const { summary } = applied;
    const summaryText = `${JSON.stringify(summary, null, 2)}\n`;
    return { files: applied.files, summary, summaryText, csv: summaryRows(summary) };
  }

  async openCohort(id: number, place: CohortPlace): Promise<Cohort> {
    const source = await openPlace(place);
    this.#cohorts.set(id, source);
    // Which chunks were verified here is for here.
    const { verified: _, ...cohort } = cohortOf(source);
    return cohort;
  }

  async openCohortScan(
    cohort: number,
    scan: string,
    calibrations: readonly NamedCalibration[],
  ): Promise<OpenScan> {
    const source = this.#cohorts.get(cohort);
    if (!source) throw new SemcrcError('usage', 'The cohort was closed');
    const facts = calibrations.map(({ text, name }) => readCalibration(text, name));
    const sample = await source.read(scan);
    const { preparing } = source;
    const window = preparing?.window ?? abdomenWindow;
    const looked = { voxels: voxelsOf(sample), labels: source.labels, window };
    return this.#keep((id) =>
      ScanInWorker.of(id, scan, looked, facts, (calibration) =>
        preparing ? checkSamePreparing(calibration, { name: scan, preparing }) : null,
      ),
    );
  }

  closeCohort(id: number): void {
    this.#cohorts.delete(id);
  }

  async exampleScan(calibrations: readonly NamedCalibration[]): Promise<OpenScan> {
    const facts = calibrations.map(({ text, name }) => readCalibration(text, name));
    this.#example ??= exampleScan();
    const looked = await this.#example;
    return this.#keep((id) => ScanInWorker.of(id, 'the example', looked, facts, () => EXAMPLE_EXTRAPOLATION));
  }

  /** Keeps a scan in the place of the one before, which stays until this one is there. */
  async #keep(open: (id: ScanId) => Promise<ScanInWorker>): Promise<OpenScan> {
    const id = ++this.#scans;
    const scan = await open(id);
    this.#scan = { id, scan };
    return scan.describe();
  }
}

function openPlace(place: CohortPlace): Source | Promise<Source> {
  switch (place.kind) {
    case 'phantom':
      return phantomSource(place.options);
    case 'dropped':
      return openDroppedStore(place.cohort);
    case 'dropped-profiles':
      return openDroppedProfiles(place.files);
  }
}

/** A scan of a cohort; cohorts lie in RAS order. */
function voxelsOf(sample: Sample): ScanVoxels {
  const { shape, affine, lower, upper, point, std, samples, truth, organs, mended } = sample;
  return {
    grid: makeGrid(shape, (affine ?? identityAffine) as Affine),
    ...{ lower, upper, truth, mended },
    ...(point ? { point } : {}),
    ...(std ? { std } : {}),
    ...(samples ? { samples } : {}),
    organs: organs instanceof Uint16Array ? organs : Uint16Array.from(organs),
  };
}
