import { readdirSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';
import { stringify } from 'csv-stringify/sync';

/** Columns of a manifest that a file can be found for. */
type Role = 'ground_truth' | 'lower' | 'upper' | 'segmentation' | 'point' | 'body' | 'std' | 'samples';

/** What files are called, by the authors of sem-CRC, TotalSegmentator and others: lower case, without extension. */
const NAMES: Readonly<Record<Role, readonly string[]>> = {
  ground_truth: ['ct', 'ground_truth', 'truth', 'gt'],
  lower: ['q_lo', 'lower', 'lo', 'q_low'],
  upper: ['q_hi', 'upper', 'hi', 'up', 'q_high'],
  segmentation: ['combined_labels', 'segmentation', 'seg', 'labels'],
  point: ['mmse', 'point', 'mean'],
  body: ['body', 'body_mask'],
  std: ['std', 'sd'],
  samples: ['samples'],
};
const REQUIRED: readonly Role[] = ['ground_truth', 'lower', 'upper', 'segmentation'];
const OPTIONAL: readonly Role[] = ['point', 'body', 'std', 'samples'];
const ROLE_OF = new Map(
  Object.entries(NAMES).flatMap(([role, names]) => names.map((name) => [name, role as Role] as const)),
);
/** Folders that are one file of a scan: one mask per organ (TotalSegmentator), or draws of the prediction. */
const FOLDERS: ReadonlyMap<string, Role> = new Map([
  ['segmentations', 'segmentation'],
  ['samples', 'samples'],
]);

/** More files than this are no folder of scans. */
const MOST_FILES = 200_000;

/** A manifest of the scans found in a tree of files. */
export interface FoundManifest {
  /** Scans with every file they need, by name. */
  readonly scans: readonly string[];
  /** CSV, paths relative to the manifest's folder. */
  readonly text: string;
  readonly columns: readonly string[];
  /** Scans that lack files, and what they lack. */
  readonly incomplete: readonly { readonly scan: string; readonly missing: readonly string[] }[];
  /** Files that have no place, and why. */
  readonly unplaced: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * Finds scans in a tree of files by their names: `<scan>/ct.nii.gz`, `<scan>_ct.nii.gz` and so on wherever they lie; a
 * folder `<scan>/segmentations` of masks; `imagesTr/<scan>_0000.nii.gz` and `labelsTr/<scan>.nii.gz` (nnU-Net). Optional
 * columns are those that every scan has.
 *
 * @param folder of the manifest: paths in it are relative to it.
 * @throws SemcrcError `bad-input` when no scan has every file it needs.
 */
export function findManifest(root: string, folder: string): FoundManifest {
  const unplaced: { file: string; reason: string }[] = [];
  const scans = new Map<string, Map<Role, string>>();
  for (const path of walk(root)) {
    const place = placeOf(path, root);
    const file = relative(folder, path).split(sep).join('/');
    if (place === null) {
      unplaced.push({ file, reason: 'its name is none that is known' });
      continue;
    }
    const { scan, role } = place;
    const files = scans.get(scan) ?? new Map<Role, string>();
    scans.set(scan, files);
    const other = files.get(role);
    // The segmentation of the predictions goes before the labels that came with the data.
    const masks = (name: string) => basename(name) === 'segmentations';
    if (other === undefined || (role === 'segmentation' && masks(other) && !masks(file))) {
      files.set(role, file);
      if (other !== undefined) unplaced.push({ file: other, reason: `scan ${scan} has ${file}` });
    } else unplaced.push({ file, reason: `scan ${scan} has ${other} for its ${role} already` });
  }
  const named = [...scans].sort(([a], [b]) => (a < b ? -1 : 1));
  const whole = named.filter(([, files]) => REQUIRED.every((role) => files.has(role)));
  const incomplete = named
    .filter(([, files]) => !REQUIRED.every((role) => files.has(role)))
    .map(([scan, files]) => ({ scan, missing: REQUIRED.filter((role) => !files.has(role)) }));
  if (whole.length === 0) {
    const [first] = incomplete;
    const why = first ? `; scan ${first.scan} has no ${first.missing.join(', ')}` : '';
    throw new SemcrcError(
      'bad-input',
      `${root} holds no scan with ${REQUIRED.join(', ')}${why}; files are known by names such as ` +
        '<scan>/ct.nii.gz, q_lo.nii.gz, q_hi.nii.gz and combined_labels.nii.gz',
      { data: { file: root } },
    );
  }
  const optional = OPTIONAL.filter((role) => whole.every(([, files]) => files.has(role)));
  const roles = [...REQUIRED, ...optional];
  const rows = whole.map(([scan, files]) => [scan, ...roles.map((role) => files.get(role) as string)]);
  const columns = ['scan', ...roles];
  return {
    scans: whole.map(([scan]) => scan),
    text: stringify([columns, ...rows]),
    columns,
    incomplete,
    unplaced,
  };
}

/** Files of a tree, by name, links to folders not followed; a folder that is one file of a scan stands for its files. */
function* walk(root: string, budget = { files: 0 }): Generator<string> {
  const entries = readdirSync(root, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(root, entry.name);
    budget.files++;
    if (budget.files > MOST_FILES) {
      throw new SemcrcError(
        'bad-input',
        `${root} holds more than ${MOST_FILES} files; name a folder of scans`,
        {
          data: { file: root },
        },
      );
    }
    if (entry.isDirectory()) {
      if (FOLDERS.has(entry.name)) yield path;
      else if (!entry.name.endsWith('.zarr')) yield* walk(path, budget);
    } else if (/\.nii(\.gz)?$/.test(entry.name)) yield path;
  }
}

/** Which file of which scan a path is. */
function placeOf(path: string, root: string): { readonly scan: string; readonly role: Role } | null {
  const parts = relative(root, path).split(sep);
  const name = (parts.pop() as string).replace(/\.nii(\.gz)?$/, '');
  const parent = parts.at(-1);
  const folder = FOLDERS.get(name);
  if (folder) return parent === undefined ? null : { scan: parent, role: folder };
  if (parent === 'imagesTr' || parent === 'imagesTs')
    return name.endsWith('_0000') ? { scan: name.slice(0, -5), role: 'ground_truth' } : null;
  if (parent === 'labelsTr' || parent === 'labelsTs') return { scan: name, role: 'segmentation' };
  const own = ROLE_OF.get(name.toLowerCase());
  if (own) return parent === undefined ? null : { scan: parent, role: own };
  // The longest name that ends it: `s01_q_lo`, not `s01_q` and `lo`.
  for (const [known, role] of [...ROLE_OF].sort(([a], [b]) => b.length - a.length)) {
    const scan = name.slice(0, -known.length - 1);
    if (scan !== '' && name.toLowerCase() === `${scan.toLowerCase()}_${known}`) return { scan, role };
  }
  return null;
}
