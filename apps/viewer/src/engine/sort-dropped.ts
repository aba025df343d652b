import type { Role, Sorted } from './types.ts';

/** Names that files of a scan go by, beside `<scan>.<role>.nii.gz`; the first ones are semcrc's own, then the authors'. */
const NAMES: Readonly<Record<Role, readonly string[]>> = {
  lower: ['lower', 'q_lo', 'qlo', 'lo', 'low'],
  upper: ['upper', 'q_hi', 'qhi', 'hi', 'high'],
  segmentation: ['segmentation', 'seg', 'combined_labels', 'labels', 'label', 'organs'],
  point: ['point', 'mmse', 'prediction', 'pred', 'mean'],
  body: ['body', 'body_mask'],
  std: ['std', 'sd', 'sigma', 'stddev'],
  samples: ['samples', 'draws'],
  truth: ['ground_truth', 'truth', 'ct', 'gt', 'image'],
};

const ROLES = Object.keys(NAMES) as readonly Role[];
const NIFTI = /\.nii(\.gz)?$/i;
/** Roles whose files may be those of a folder. */
const FOLDERS = ['segmentation', 'samples'] as const;

const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** What a file's or folder's name says it is: the whole of it, or its end behind a dot, hyphen or underscore. */
function roleOf(name: string): Role | undefined {
  const stem = name.replace(NIFTI, '').toLowerCase();
  const whole = ROLES.find((role) => NAMES[role].includes(stem));
  if (whole) return whole;
  const ending = (role: Role) =>
    NAMES[role].some((own) => own.length > 1 && new RegExp(`[._-]${own}$`).test(stem));
  return ROLES.find(ending);
}

/** Tells by their names what dropped files are; none is opened. */
export function sortDropped(paths: readonly string[]): Sorted {
  const store = storeIn(paths);
  const inStore = (path: string) => store?.kind === 'folder' && below(path, store.path);
  const rest = paths.filter(
    (path) => !inStore(path) && path !== store?.path && !baseOf(path).startsWith('.'),
  );
  const claims = new Map<Role, Set<string>>();
  const unknown: string[] = [];
  const calibrations: string[] = [];
  const profiles: string[] = [];
  for (const path of rest) {
    const claim = NIFTI.test(path) ? claimOf(path) : undefined;
    if (claim) claims.set(claim.role, (claims.get(claim.role) ?? new Set()).add(claim.path));
    else if (/\.profiles?$/i.test(path)) profiles.push(path);
    else if (/(^|\/)(summary|evaluation|experiment|card)\.json$/i.test(path) || !/\.json$/i.test(path))
      unknown.push(path);
    else calibrations.push(path);
  }
  const roles: Partial<Record<Role, string>> = {};
  const ambiguous: { role: Role; paths: string[] }[] = [];
  for (const [role, found] of claims) {
    const all = [...found];
    if (all.length === 1) roles[role] = all[0] as string;
    else ambiguous.push({ role, paths: all });
  }
  const needed: readonly Role[] = ['lower', 'upper', 'segmentation'];
  const missing = claims.size === 0 ? [] : needed.filter((role) => !claims.has(role));
  return { roles, calibrations, store, profiles, missing, ambiguous, unknown };
}

/** What a volume is; one in a folder named as draws or masks counts as that folder. */
function claimOf(path: string): { role: Role; path: string } | undefined {
  const folder = folderOf(path);
  const asFolder = folder === '' ? undefined : roleOf(baseOf(folder));
  const ofFolder = FOLDERS.find((role) => role === asFolder);
  const own = roleOf(baseOf(path));
  // The authors keep segmentations in segmentation/<backbone>/<scan>/combined_labels.nii.gz: a role of its own wins.
  if (ofFolder && !own) return { role: ofFolder, path: folder };
  return own ? { role: own, path } : undefined;
}

const below = (path: string, folder: string): boolean => folder === '' || path.startsWith(`${folder}/`);

/** The prepared cohort among the files: the folder of the zarr.json nearest to the top, or a .zip. */
function storeIn(paths: readonly string[]): Sorted['store'] {
  const depth = (path: string) => path.split('/').length;
  const [root] = paths.filter((path) => baseOf(path) === 'zarr.json').sort((a, b) => depth(a) - depth(b));
  if (root !== undefined) return { kind: 'folder', path: folderOf(root) };
  const zip = paths.find((path) => /\.zip$/i.test(path));
  return zip === undefined ? null : { kind: 'zip', path: zip };
}
