import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { droppedFiles, type LazyFile, NiftiFiles } from '@semcrc/imaging';
import type { FileAccess, Sha256 } from './digest.ts';

/** SHA-256 without a platform: a page served over plain HTTP is given none. */
export function pureSha256(): Sha256 {
  const hash = sha256.create();
  const running: Sha256 = {
    update(bytes) {
      hash.update(typeof bytes === 'string' ? utf8ToBytes(bytes) : bytes);
      return running;
    },
    digest: () => bytesToHex(hash.digest()),
  };
  return running;
}

/** Files that were dropped on a page, by their paths. */
export function pageAccess(dropped: Iterable<readonly [path: string, file: LazyFile]>): FileAccess {
  return { nifti: new NiftiFiles(droppedFiles(dropped)), sha256: pureSha256 };
}
