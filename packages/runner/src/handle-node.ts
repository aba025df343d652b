import type { Source } from '@semcrc/cohort';
import { openStore } from '@semcrc/cohort/node';
import { type OpenOptions, openSource as openAnywhere, type SourceHandle } from './handle.ts';

/**
 * Opens the cohort a handle names.
 *
 * @throws SemcrcError `bad-input` naming the file when it is not what the handle says.
 */
export async function openSource(handle: SourceHandle, options: OpenOptions = {}): Promise<Source> {
  switch (handle.kind) {
    case 'store':
      return openStore(handle.path, options);
    default:
      return openAnywhere(handle);
  }
}
