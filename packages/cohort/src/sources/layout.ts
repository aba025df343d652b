import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from '@semcrc/core';
import { readTextFileSync, resolveLabelling } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import type { ScanFiles, ScanList } from './manifest.ts';
import type { ScanOptions } from './scan-options.ts';
import { openScans, type SourceHooks } from './scan-source.ts';

/** Directory trees that stand for a manifest. */
export const layoutNames = ['semantic-uq'] as const;
export type LayoutName = (typeof layoutNames)[number];

/** Which part of a tree is the cohort. What is not given must be the only one there is. */
export interface LayoutPart {
  /** Folder below `results/`: TotalSegmentator, FLARE, … */
  readonly dataset?: string;
  /** Folder below the data set: denoising_sigma0.2, … */
  readonly task?: string;
  /** Folder below `segmentation/`: the model that segmented the predictions. */
  readonly backbone?: string;
  /** Take the labels that came with the data instead of the segmentation of the predictions. */
  readonly groundTruthLabels?: boolean;
}

/** Which part of a tree is the cohort, and how its scans are made. */
export type LayoutOptions = ScanOptions & LayoutPart;

function refuse(message: string, file: string): never {
  throw new SemcrcError('bad-input', message, { data: { file } });
}

function folders(path: string): string[] {
  if (!existsSync(path)) refuse(`${path}: there is no such folder (layout semantic-uq)`, path);
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .sort();
}

/** The folder asked for, or the only one there is. */
function choose(parent: string, wanted: string | undefined, option: string): string {
  const found = folders(parent);
  if (wanted !== undefined) {
    if (found.includes(wanted)) return wanted;
    return refuse(`${parent} holds no "${wanted}", but ${found.join(', ') || 'nothing'}`, parent);
  }
  if (found.length === 1) return found[0] as string;
  throw new SemcrcError(
    'usage',
    `${parent} holds ${found.length === 0 ? 'nothing' : found.join(', ')}: say which with \`${option}\``,
    { data: { file: parent, options: [option] } },
  );
}

const withoutExtension = (file: string) => file.replace(/\.nii(\.gz)?$/, '');

/** Scans listed in a `bad_scans.txt`, one file name or scan name a line. */
function badScans(folder: string): readonly string[] {
  const path = join(folder, 'bad_scans.txt');
  if (!existsSync(path)) return [];
  return readTextFileSync(path)
    .split(/\r?\n/)
    .map((line) => withoutExtension(line.trim()))
    .filter((line) => line !== '');
}

/** Scan → files of the ground truth, as the two data sets lay them out. */
interface Images {
  readonly image: string;
  readonly labels: string;
}

/** One folder per scan: `<scan>/ct.nii.gz`, `<scan>/segmentations/<organ>.nii.gz` (TotalSegmentator). */
function imagesByFolder(data: string): Map<string, Images> {
  const scans = folders(data).filter((scan) => existsSync(join(data, scan, 'ct.nii.gz')));
  return new Map(
    scans.map((scan) => [
      scan,
      { image: join(data, scan, 'ct.nii.gz'), labels: join(data, scan, 'segmentations') },
    ]),
  );
}

/** One file per scan: `scans/<scan>.nii.gz`, `labels/<scan without _0000>.nii.gz` (FLARE). */
function imagesByFile(data: string): Map<string, Images> {
  const files = readdirSync(join(data, 'scans')).filter((file) => file.endsWith('.nii.gz'));
  return new Map(
    files.sort().map((file) => {
      const scan = withoutExtension(file);
      const labels = join(data, 'labels', `${scan.replace('_0000', '')}.nii.gz`);
      return [scan, { image: join(data, 'scans', file), labels }];
    }),
  );
}

/**
 * Finds the scans of a tree as the authors of sem-CRC lay it out:
 *
 *     data/<dataset>/<scan>/ct.nii.gz                                              (TotalSegmentator)
 *     data/<dataset>[_<spacing>]/scans/<scan>.nii.gz                               (FLARE)
 *     results/<dataset>/<task>/prediction/<scan>/{q_lo,mmse,q_hi,body}.nii.gz
 *     results/<dataset>/<task>/segmentation/<backbone>/<scan>/combined_labels.nii.gz
 *
 * A cohort holds the scans that have all three, sorted by name, but those in a `bad_scans.txt` of the data folder.
 *
 * @throws SemcrcError `usage` when the tree leaves a choice; `bad-input` when it is no such tree or holds no whole scan.
 */
export function scanLayout(root: string, options: LayoutPart): ScanList {
  const results = join(root, 'results');
  const dataset = choose(results, options.dataset, 'dataset');
  const task = choose(join(results, dataset), options.task, 'task');
  const predictions = join(results, dataset, task, 'prediction');
  const segmentations = join(results, dataset, task, 'segmentation');
  const backbone = options.groundTruthLabels ? '' : choose(segmentations, options.backbone, 'backbone');

  const homes = folders(join(root, 'data')).filter(
    (name) => name === dataset || name.startsWith(`${dataset}_`),
  );
  const images = new Map<string, Images>();
  const bad = new Set<string>();
  for (const home of homes) {
    const data = join(root, 'data', home);
    for (const scan of badScans(data)) bad.add(scan);
    const found = existsSync(join(data, 'scans')) ? imagesByFile(data) : imagesByFolder(data);
    // The resampled copy of a data set (data/FLARE_1.5,1.5,3.0) is the one the predictions were made on.
    for (const [scan, files] of found) images.set(scan, files);
  }
  if (images.size === 0)
    refuse(`${join(root, 'data')} holds no scan of ${dataset} (layout semantic-uq)`, root);

  const scans: ScanFiles[] = [];
  const without = { prediction: [] as string[], segmentation: [] as string[] };
  for (const [scan, { image, labels }] of [...images].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (bad.has(scan)) continue;
    const prediction = join(predictions, scan);
    const segmentation = options.groundTruthLabels
      ? labels
      : join(segmentations, backbone, scan, 'combined_labels.nii.gz');
    if (!existsSync(prediction)) without.prediction.push(scan);
    else if (!existsSync(segmentation)) without.segmentation.push(scan);
    else {
      scans.push({
        scan,
        patient: scan,
        groundTruth: image,
        lower: join(prediction, 'q_lo.nii.gz'),
        upper: join(prediction, 'q_hi.nii.gz'),
        point: join(prediction, 'mmse.nii.gz'),
        body: join(prediction, 'body.nii.gz'),
        segmentation,
      });
    }
  }
  const warnings = Object.entries(without)
    .filter(([, missing]) => missing.length > 0)
    .map(
      ([what, missing]) =>
        `${missing.length} of ${images.size} scans have no ${what}, ${missing[0]} first; they are not used`,
    );
  const listed = [...bad].filter((scan) => images.has(scan));
  if (listed.length > 0)
    warnings.push(`${listed.length} scans are listed in bad_scans.txt and not used: ${listed.join(', ')}`);
  if (scans.length === 0) {
    refuse(
      `${root} holds no scan of ${dataset}, ${task} with image, prediction and segmentation; ${warnings.join('; ')}`,
      root,
    );
  }
  return { name: `${root} (${[dataset, task, backbone].filter(Boolean).join(', ')})`, scans, warnings };
}

/** Opens a directory tree as a cohort. @throws as {@link scanLayout} and {@link openManifest}. */
export async function openLayout(
  layout: LayoutName,
  root: string,
  options: LayoutOptions,
  hooks: SourceHooks = {},
): Promise<Source> {
  if (!layoutNames.includes(layout)) {
    throw new SemcrcError('usage', `\`layout\` ${layout} is not known; there is ${layoutNames.join(', ')}`, {
      data: { options: ['layout'] },
    });
  }
  await resolveLabelling(options.labels, options.extraLabels);
  return openScans(scanLayout(root, options), options, hooks);
}
