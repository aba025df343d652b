import type { DroppedCohort } from '@semcrc/cohort';
import { SemcrcError } from '@semcrc/kernels';
import type { PhantomOptions } from '@semcrc/simulate';
import { sortDropped } from './sort-dropped.ts';
import type { Dropped } from './types.ts';

/** Where a cohort comes from, as plain data: the worker and every thread of the pool open their own. */
export type CohortPlace =
  | { readonly kind: 'phantom'; readonly options: PhantomOptions }
  | { readonly kind: 'dropped'; readonly cohort: DroppedCohort };

/** The cohort among dropped files. @throws SemcrcError `bad-input` where there is none */
export function cohortIn(dropped: readonly Dropped[]): CohortPlace {
  const { store } = sortDropped(dropped.map(({ path }) => path));
  if (store === null) {
    throw new SemcrcError(
      'bad-input',
      `No prepared cohort is among the ${dropped.length} files: expected a folder with a zarr.json, or such a folder as a .zip, ` +
        'as `semcrc prepare` writes it',
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
