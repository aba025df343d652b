import { createHash } from 'node:crypto';
import { diskNifti } from '@semcrc/imaging/node';
import type { FileAccess } from './digest.ts';

/** The files of this machine, and how they are digested. */
export const disk: FileAccess = { nifti: diskNifti, sha256: () => createHash('sha256') };
