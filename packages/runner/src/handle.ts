import {
  type DroppedCohort,
  type DroppedProfiles,
  openDroppedProfiles,
  openDroppedStore,
} from '@semcrc/cohort';
import type { Cohort, PreparingOptions, ScanNote, Source } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { type PhantomOptions, phantomSource } from '@semcrc/simulate';

/** The built-in phantom cohort; opens anywhere. */
export interface PhantomHandle {
  readonly kind: 'phantom';
  readonly options?: PhantomOptions;
}

/** A prepared cohort in a folder; opens in Node. */
export interface StoreHandle {
  readonly kind: 'store';
  readonly path: string;
}

/** The scans a manifest lists; opens in Node. */
export interface ManifestHandle {
  readonly kind: 'manifest';
  readonly path: string;
  readonly options: PreparingOptions;
}

/** A directory tree as the authors of sem-CRC lay it out; opens in Node. */
export interface LayoutHandle {
  readonly kind: 'layout';
  readonly layout: 'semantic-uq';
  /** Root of the tree. */
  readonly path: string;
  readonly options: PreparingOptions & {
    readonly dataset?: string;
    readonly task?: string;
    readonly backbone?: string;
    readonly groundTruthLabels?: boolean;
  };
}

/** A prepared cohort among the files of a page; opens anywhere. */
export interface DroppedHandle {
  readonly kind: 'dropped';
  readonly cohort: DroppedCohort;
  /** Tells it from every other that the same workers open: files do not show in a handle's text. */
  readonly key: string;
}

/** Profile files among the files of a page, taken together; they open anywhere. */
export interface DroppedProfilesHandle {
  readonly kind: 'dropped-profiles';
  readonly files: readonly DroppedProfiles[];
  /** As that of a dropped cohort. */
  readonly key: string;
}

/** Profile files, taken together; they open in Node. */
export interface ProfilesHandle {
  readonly kind: 'profiles';
  readonly paths: readonly string[];
}

/** Says which cohort to open, as plain data: every worker opens its own. */
export type SourceHandle =
  | PhantomHandle
  | ManifestHandle
  | LayoutHandle
  | StoreHandle
  | DroppedHandle
  | DroppedProfilesHandle
  | ProfilesHandle;

/** A cohort to open, and what an earlier opening of the same cohort found: it is taken over instead of read again. */
export type Opening = SourceHandle & { readonly known?: Cohort };

/** Opens a cohort. `warn` is called with things worth knowing that are no errors, each kind once; `note` with all of them, as data. */
export type OpenSource = (
  opening: Opening,
  hooks?: { readonly warn?: (message: string) => void; readonly note?: (note: ScanNote) => void },
) => Promise<Source>;

/**
 * Opens what needs no file system.
 *
 * @throws SemcrcError `unsupported` for any other cohort.
 */
export async function openSource(opening: Opening): Promise<Source> {
  const { kind } = opening;
  if (kind === 'phantom') return phantomSource(opening.options);
  if (kind === 'dropped') {
    const { known } = opening;
    return openDroppedStore(opening.cohort, known === undefined ? {} : { known });
  }
  if (kind === 'dropped-profiles') return openDroppedProfiles(opening.files);
  throw new SemcrcError(
    'unsupported',
    `a ${kind} is opened in Node only; a browser opens dropped cohorts, dropped profiles and the phantom`,
    {
      data: { kind },
    },
  );
}
