import type { Source } from '@semcrc/cohort';
import { openLayout, openManifest, openStore } from '@semcrc/cohort/node';
import { type OpenOptions, openSource as openAnywhere, type SourceHandle } from './handle.ts';

/**
 * Opens the cohort a handle names.
 *
 * @throws SemcrcError `usage` for a label scheme that is missing or unknown; `bad-input` naming the file when it is not
 * what the handle says.
 */
export async function openSource(handle: SourceHandle, options: OpenOptions = {}): Promise<Source> {
  const { warn, verified, ...known } = options;
  const hooks = warn ? { warn } : {};
  switch (handle.kind) {
    case 'manifest':
      return openManifest(handle.path, { ...handle.options, ...known }, hooks);
    case 'layout':
      return openLayout(handle.layout, handle.path, { ...handle.options, ...known }, hooks);
    case 'store':
      return openStore(handle.path, { ...known, ...(verified ? { verified } : {}) });
    case 'phantom':
      return openAnywhere(handle);
  }
}
