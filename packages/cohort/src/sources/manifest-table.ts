import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';
import { cell, parseRows } from './manifest.ts';
import { readManifestText } from './manifest-file.ts';

/** A manifest of which one column of images is needed, and the others are handed on as they are. */
export interface ManifestTable {
  readonly columns: readonly string[];
  readonly rows: readonly ManifestRow[];
}

export interface ManifestRow {
  readonly scan: string;
  /** The image asked for, resolved against the manifest's folder. */
  readonly image: string;
  /** Every filled cell by column; paths as they stand in the manifest. */
  readonly cells: Readonly<Record<string, string>>;
}

/** Columns that hold paths. */
const PATHS: ReadonlySet<string> = new Set([
  ...['ground_truth', 'lower', 'point', 'upper', 'segmentation', 'body', 'std', 'samples'],
  ...['measurement', 'anatomy'],
]);

/**
 * Reads a manifest (CSV or JSON) of scans that are still to be predicted or segmented: it needs `scan` and one column of images.
 *
 * @throws SemcrcError `bad-input` for a manifest that cannot be read, without these columns, with an empty cell in them, or a scan
 *   id that stands twice.
 */
export async function readManifestTable(path: string, column: string): Promise<ManifestTable> {
  const { columns, rows } = parseRows(await readManifestText(path), path);
  const missing = ['scan', column].filter((name) => !columns.includes(name));
  if (missing.length > 0) {
    throw new SemcrcError(
      'bad-input',
      `${path}: missing column${missing.length > 1 ? 's' : ''} ${missing.join(', ')}: found ${columns.join(', ')}; choose the column of the images with \`column\``,
      { data: { file: path, column, options: ['column'] } },
    );
  }
  const seen = new Map<string, string>();
  return {
    columns,
    rows: rows.map((row) => {
      const scan = cell(row, 'scan', path);
      const before = seen.get(scan);
      if (before !== undefined) {
        throw new SemcrcError(
          'bad-input',
          `${path}: scan id "${scan}" stands twice, in ${before} and ${row.where}; scan ids must be unique`,
          { data: { file: path, scan } },
        );
      }
      seen.set(scan, row.where);
      const filled = Object.entries(row.cells).filter(([, value]) => value !== '' && value != null);
      return {
        scan,
        image: resolve(dirname(path), cell(row, column, path)),
        cells: Object.fromEntries(filled.map(([name, value]) => [name, String(value).trim()])),
      };
    }),
  };
}

/** Cells of a row as another manifest in `folder` has them: relative paths lead to the same files. */
export function moveCells(
  cells: Readonly<Record<string, string>>,
  from: string,
  folder: string,
): Record<string, string> {
  const moved = (value: string): string =>
    isAbsolute(value)
      ? value
      : relative(resolve(folder), resolve(dirname(from), value)).replaceAll('\\', '/');
  return Object.fromEntries(
    Object.entries(cells).map(([name, value]) => [name, PATHS.has(name) ? moved(value) : value]),
  );
}
