import { openLayout, openManifest, openProfilePaths, openStore, type SourceHooks } from '@semcrc/cohort/node';
import type { Source } from '@semcrc/core';
import { phantomSource } from '@semcrc/simulate';
import { type Opening, openSource as openAnywhere } from './handle.ts';
import { phantomCache } from './phantom-cache.ts';

/**
 * Opens a cohort.
 *
 * @param hooks `warn` is called with things worth knowing that are no errors, each kind once; `note` with all of them, as data
 * @throws SemcrcError `usage` for a label scheme that is missing or unknown; `bad-input` naming the file when it is not
 * what the opening says.
 */
export async function openSource(opening: Opening, hooks: SourceHooks = {}): Promise<Source> {
  const known = opening.known === undefined ? {} : { known: opening.known };
  switch (opening.kind) {
    case 'manifest':
      return openManifest(opening.path, { ...opening.options, ...known }, hooks);
    case 'layout':
      return openLayout(opening.layout, opening.path, { ...opening.options, ...known }, hooks);
    case 'store':
      return openStore(opening.path, known);
    case 'dropped':
    case 'dropped-profiles':
      return openAnywhere(opening);
    case 'profiles':
      return openProfilePaths(opening.paths);
    case 'phantom':
      return phantomSource(opening.options, phantomCache());
  }
}
