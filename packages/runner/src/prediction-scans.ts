import { basename, join, resolve } from 'node:path';
import { moveCells, readManifestTable } from '@semcrc/cohort/node';
import { SemcrcError } from '@semcrc/kernels';
import { stringify } from 'csv-stringify/sync';
import type { ModelFacts } from './prediction-model.ts';

/** Name of the manifest that a prediction writes into its folder. */
export const MANIFEST = 'manifest.csv';
/** Columns of predictions made before, which a new one makes wrong. */
const OUTDATED = ['std', 'samples'];

/** One scan to be predicted. */
export interface ScanToPredict {
  readonly scan: string;
  readonly image: string;
  /** Where its files go. */
  readonly folder: string;
}

/** The scans of an input, and what its manifest says beside their images. */
export interface ScansToPredict {
  readonly scans: readonly ScanToPredict[];
  /** Columns that are handed on, and their cells by scan, with paths as the new manifest needs them. */
  readonly columns: readonly string[];
  readonly cells: readonly Readonly<Record<string, string>>[];
  /** Columns that are left out. */
  readonly outdated: readonly string[];
}

/**
 * The scans of a manifest, or a volume as the only one.
 *
 * @param column of a manifest that holds the images; null for the usual one of the model's task.
 * @param path folder of the predictions.
 */
export async function listScans(
  { input, column }: { readonly input: string; readonly column: string | null },
  path: string,
  { task, writes }: ModelFacts,
): Promise<ScansToPredict> {
  const usual = task === 'segmentation' ? 'point' : 'measurement';
  if (!/\.(csv|json)$/i.test(input)) {
    if (column !== null) {
      throw new SemcrcError('usage', '`column` names a column of a manifest, but the input is a volume', {
        data: { options: ['column', 'input'] },
      });
    }
    const scan = basename(input).replace(/\.nii(\.gz)?$/i, '');
    const cells = moveCells({ [usual]: input }, join(process.cwd(), 'volume'), path);
    return {
      scans: [{ scan, image: resolve(input), folder: resolve(path) }],
      columns: [usual],
      cells: [cells],
      outdated: [],
    };
  }
  const table = await readManifestTable(input, column ?? usual);
  const outdated = task === 'segmentation' ? [] : OUTDATED.filter((name) => table.columns.includes(name));
  return {
    scans: table.rows.map(({ scan, image }) => ({ scan, image, folder: folderOf(path, scan) })),
    columns: table.columns.filter(
      (name) => name !== 'scan' && !outdated.includes(name) && !writes.includes(name),
    ),
    cells: table.rows.map(({ cells }) => moveCells(cells, input, path)),
    outdated,
  };
}

function folderOf(path: string, scan: string): string {
  if (/^[^/\\\0]{1,200}$/.test(scan) && scan !== '.' && scan !== '..') return resolve(path, 'scans', scan);
  throw new SemcrcError('bad-input', `scan id "${scan}" cannot name a folder; give it a plain name`, {
    data: { scan },
  });
}

/** The manifest of the predictions: its columns, and its text. */
export function predictedManifest(
  path: string,
  { scans, columns, cells }: ScansToPredict,
  { writes }: ModelFacts,
): { readonly columns: readonly string[]; readonly text: string } {
  const header = ['scan', ...columns, ...writes];
  const rows = scans.map(({ scan, folder }, at) => {
    const own = folder === resolve(path) ? '' : `scans/${scan}/`;
    return [
      scan,
      ...columns.map((column) => cells[at][column] ?? ''),
      ...writes.map((name) => `${own}${name}.nii.gz`),
    ];
  });
  return { columns: header, text: stringify([header, ...rows]) };
}
