import type { DroppedCohort, DroppedProfiles } from '@semcrc/cohort';
import { SemcrcError } from '@semcrc/kernels';
import type { PhantomOptions } from '@semcrc/simulate';
import { sortDropped } from './sort-dropped.ts';
import type { Dropped } from './types.ts';

/** Where a cohort comes from, as plain data: the worker and every thread of the pool open their own. */
export type CohortPlace =
  | { readonly kind: 'phantom'; readonly options: PhantomOptions }
  | { readonly kind: 'dropped'; readonly cohort: DroppedCohort }
  | { readonly kind: 'dropped-profiles'; readonly files: readonly DroppedProfiles[] };

/** The cohort among dropped files. @throws SemcrcError `bad-input` where there is none */
export function cohortIn(dropped: readonly Dropped[]): CohortPlace {
  const { store, profiles, calibrations, unknown } = sortDropped(dropped.map(({ path }) => path));
  if (store !== null && profiles.length > 0) {
    throw new SemcrcError(
      'bad-input',
      `Both a prepared cohort (${store.path}) and profiles (${profiles.join(', ')}) were dropped: drop one of them alone`,
      { data: { found: [store.path, ...profiles] } },
    );
  }
  const others = [...unknown, ...calibrations].filter((path) => /\.zip$|(^|\/)zarr\.json$/i.test(path));
  if (store !== null && others.length > 0) {
    const found = [store.path, ...others];
    throw new SemcrcError(
      'bad-input',
      `Several prepared cohorts were dropped (${found.join(', ')}): drop one of them alone`,
      { data: { found } },
    );
  }
  if (profiles.length > 0) {
    // Browsers list files in an order of their own; the cohort's name shall not depend on it.
    const own = dropped.filter(({ path }) => profiles.includes(path));
    own.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { kind: 'dropped-profiles', files: own.map(({ path, file }) => ({ name: path, content: file })) };
  }
  if (store === null) {
    throw new SemcrcError(
      'bad-input',
      `No prepared cohort is among the ${dropped.length} files: expected a folder with a zarr.json, or such a folder as a .zip, ` +
        'as `semcrc prepare` writes it, or .profiles files, as `semcrc profile` does',
      { data: { found: dropped.slice(0, 5).map(({ path }) => path) } },
    );
  }
  const { path } = store;
  if (store.kind === 'zip') {
    const zip = dropped.find((one) => one.path === path) as Dropped;
    return { kind: 'dropped', cohort: { name: path, content: zip.file } };
  }
  const prefix = path === '' ? '' : `${path}/`;
  const own = dropped.filter((one) => one.path.startsWith(prefix));
  const content = own.map((one) => [one.path.slice(prefix.length), one.file] as const);
  return { kind: 'dropped', cohort: { name: path === '' ? 'cohort' : path, content } };
}
