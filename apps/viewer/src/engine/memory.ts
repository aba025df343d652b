import type { FileAccess } from '@semcrc/cohort';
import { seriesShape, voxelCount } from '@semcrc/imaging';
import { EngineError } from './engine-error.ts';
import type { Role } from './types.ts';

/** What a scan may take where nothing else is said, in bytes: a tab has about 4 GiB, the pictures take as much again. */
export const DEFAULT_LIMIT = 1.2e9;

/** Bytes by voxel of an image in the worker and on the page, where a copy of it is drawn. */
const IMAGE = 8;
/** Of the label ids on both sides, regions, and the maps of one tolerance. */
const OTHER = 4 + 2 + 13;

/** Bytes that a scan takes, by the header of its lower bound. */
export function bytesOf(voxels: number, roles: Partial<Record<Role, string>>, draws: number): number {
  const images = (['lower', 'upper', 'point', 'truth'] as const).filter((role) => roles[role] !== undefined);
  const std = roles.std === undefined ? 0 : 4;
  return voxels * (images.length * IMAGE + std + 4 * draws + OTHER);
}

/** What opening a scan would take. */
export async function memoryOf(
  { nifti }: FileAccess,
  roles: Partial<Record<Role, string>>,
  limit = DEFAULT_LIMIT,
): Promise<{ readonly bytes: number; readonly limit: number; readonly voxels: number }> {
  const lower = roles.lower as string;
  const voxels = voxelCount(seriesShape(await nifti.header(lower), lower).shape);
  const samples = roles.samples;
  const draws =
    samples === undefined || nifti.files.list(samples) !== null
      ? samples === undefined
        ? 0
        : (nifti.files.list(samples)?.length ?? 0)
      : seriesShape(await nifti.header(samples), samples).volumes;
  return { bytes: bytesOf(voxels, roles, draws), limit, voxels };
}

/** @throws EngineError `too-large`, saying how large */
export function refuseTooLarge(file: string, { bytes, limit }: { bytes: number; limit: number }): void {
  if (bytes <= limit) return;
  const gigabytes = (count: number) => `${(count / 1e9).toFixed(1)} GB`;
  throw new EngineError({
    code: 'too-large',
    message:
      `${file}: looking at this scan takes ${gigabytes(bytes)} of memory, the page has ${gigabytes(limit)}; ` +
      'its intervals can still be computed and downloaded',
    data: { file, bytes, limit },
  });
}
