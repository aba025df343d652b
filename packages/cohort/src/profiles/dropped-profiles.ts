import type { Source } from '@semcrc/core';
import type { FileBlob } from '@semcrc/imaging';
import { type ByteSource, refuse } from './bytes.ts';
import { openProfileFile, type ProfileFile } from './profile-file.ts';
import { openProfiles } from './profiled-source.ts';

/** A profile file among the files of a page: as plain data, so that workers can be sent it. */
export interface DroppedProfiles {
  /** What it is called. */
  readonly name: string;
  readonly content: FileBlob;
}

/**
 * A cohort known by profile files that were dropped on a page; see `openProfiles`.
 *
 * @throws SemcrcError `bad-input` naming the file that is none, is damaged, was changed or does not go with the others
 */
export async function openDroppedProfiles(dropped: readonly DroppedProfiles[]): Promise<Source> {
  const files: ProfileFile[] = [];
  for (const one of dropped) files.push(await openProfileFile(bytesOf(one)));
  return openProfiles(files);
}

function bytesOf({ name, content }: DroppedProfiles): ByteSource {
  return {
    name,
    size: content.size,
    async read(offset, length) {
      try {
        return new Uint8Array(await content.slice(offset, offset + length).arrayBuffer());
      } catch {
        return refuse(name, 'was changed or moved since it was chosen; choose it again');
      }
    },
  };
}
