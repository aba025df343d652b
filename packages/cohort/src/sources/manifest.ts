import { describeFound, SemcrcError } from '@semcrc/kernels';
import { CsvError, parse } from 'csv-parse/sync';

/** The files of one scan, as paths. */
export interface ScanFiles {
  readonly scan: string;
  readonly patient: string;
  /** Ground-truth image in HU. */
  readonly groundTruth: string;
  readonly lower: string;
  readonly upper: string;
  readonly point?: string;
  /** Label volume, or a folder with one mask per organ. */
  readonly segmentation: string;
  /** Mask of the body: non-zero inside. */
  readonly body?: string;
  /** Standard deviation of the prediction, in the unit of the predictions. */
  readonly std?: string;
  /** Draws of the prediction: a file with one along its fourth axis, or a folder of files, in the order of names. */
  readonly samples?: string;
  /** What the predictor saw, in the unit of the predictions; looked at, never calibrated on. */
  readonly measurement?: string;
  /** Where the scan was made. */
  readonly site?: string;
}

/** The files of a scan whose truth nobody knows, as paths. */
export type AppliedScanFiles = Omit<ScanFiles, 'groundTruth' | 'patient' | 'site'>;

/** Files of a scan that samples come from, in a fixed order, with the role each plays. */
export function filesOf(files: Partial<ScanFiles>): readonly (readonly [role: string, path: string])[] {
  const roles = ['groundTruth', 'lower', 'upper', 'point', 'segmentation', 'body', 'std', 'samples'] as const;
  return roles.flatMap((role) => {
    const path = files[role];
    return path === undefined ? [] : [[role, path] as const];
  });
}

/** The scans of a cohort as a manifest or a directory tree lists them. */
export interface ScanList {
  /** The manifest's path, or the tree's with what was chosen of it. */
  readonly name: string;
  /** One entry per scan, in order. */
  readonly scans: readonly ScanFiles[];
  /** Things to tell the user that are no errors: columns nobody reads, say. */
  readonly warnings: readonly string[];
}

/** Column of the manifest → field of `ScanFiles`. */
const REQUIRED = {
  scan: 'scan',
  ground_truth: 'groundTruth',
  lower: 'lower',
  upper: 'upper',
  segmentation: 'segmentation',
} as const;
const OPTIONAL = {
  point: 'point',
  body: 'body',
  patient: 'patient',
  std: 'std',
  samples: 'samples',
  measurement: 'measurement',
  site: 'site',
} as const;
/** Columns of a simulated cohort that are there for others. */
const UNREAD = ['measurement', 'anatomy'];
const COLUMNS: readonly string[] = [...Object.keys(REQUIRED), ...Object.keys(OPTIONAL), ...UNREAD];

/** A row before it is judged: where it stands, and its cells by column. */
export interface Row {
  /** "line 3" or "entry 3". */
  readonly where: string;
  readonly cells: Readonly<Record<string, unknown>>;
}

function refuse(file: string, problem: string, data: Record<string, string | number> = {}): never {
  throw new SemcrcError('bad-input', `${file}: ${problem}`, { data: { file, ...data } });
}

function readCsv(text: string, file: string): { columns: readonly string[]; rows: readonly Row[] } {
  let records: { record: string[]; info: { lines: number } }[];
  const delimiter = separatorOf(text);
  // Programs may pad lines with any number of empty cells; cells that are not empty are judged here.
  const options = { bom: true, trim: true, skip_empty_lines: true, info: true, relax_column_count: true };
  try {
    records = parse(text, { ...options, delimiter }) as never;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    return refuse(file, `not a readable CSV file: ${cause.message}`);
  }
  const columns = (records[0]?.record ?? []).slice();
  while (columns.at(-1) === '') columns.pop();
  const rows = records.slice(1).map(({ record, info }): Row => {
    const where = `line ${info.lines}`;
    const over = record.slice(columns.length).find((cell) => cell !== '');
    if (record.length < columns.length || over !== undefined) {
      const separator = delimiter === '\t' ? 'tabs' : `"${delimiter}"`;
      return refuse(
        file,
        `${where} has ${record.length} cells, expected ${columns.length}, one for each column of the header (separated by ${separator})`,
      );
    }
    return { where, cells: Object.fromEntries(columns.map((column, index) => [column, record[index]])) };
  });
  return { columns, rows: rows.filter(({ cells }) => Object.values(cells).some((cell) => cell !== '')) };
}

/** What separates the cells: the first of comma, semicolon and tab that the header has; a comma where it has none. */
function separatorOf(text: string): ',' | ';' | '\t' {
  const header = text.split(/\r?\n/).find((line) => line.trim() !== '') ?? '';
  return ([',', ';', '\t'] as const).find((separator) => header.includes(separator)) ?? ',';
}

function readJson(text: string, file: string): { columns: readonly string[]; rows: readonly Row[] } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return refuse(file, `not JSON: ${(cause as Error).message}`);
  }
  const list =
    typeof json === 'object' && json !== null && 'scans' in json ? (json as { scans: unknown }).scans : json;
  if (!Array.isArray(list)) {
    return refuse(file, 'expected a list of scans, or an object with a list "scans"');
  }
  const columns = new Set<string>();
  const rows = list.map((cells: unknown, index): Row => {
    const where = `entry ${index + 1}`;
    if (typeof cells !== 'object' || cells === null || Array.isArray(cells)) {
      return refuse(file, `${where} is not an object with the fields ${Object.keys(REQUIRED).join(', ')}`);
    }
    for (const column of Object.keys(cells)) columns.add(column);
    return { where, cells: cells as Record<string, unknown> };
  });
  return { columns: [...columns], rows };
}

/**
 * The rows of a manifest before any column is asked for.
 *
 * @throws SemcrcError `bad-input` for an empty manifest, a column that stands twice, unreadable CSV or JSON.
 */
export function parseRows(
  text: string,
  file: string,
): { readonly columns: readonly string[]; readonly rows: readonly Row[] } {
  // What was not text has become such characters: a volume in the manifest's place, say.
  if (['\u0000', '\ufffd'].some((character) => text.slice(0, 4096).includes(character)))
    refuse(file, 'is no text: expected a manifest, as CSV with a header or as JSON');
  const found = /\.json$/i.test(file) ? readJson(text, file) : readCsv(text, file);
  const { columns, rows } = found;
  if (rows.length === 0) refuse(file, 'the manifest is empty: expected at least one scan');
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined) refuse(file, `column ${twice} stands twice in the header`, { column: twice });
  return found;
}

/** The text of a cell that must be filled. @throws SemcrcError `bad-input` where it is empty. */
export function cell(row: Row, column: string, file: string): string {
  const value = row.cells[column];
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  // JSON may well number its scans and patients.
  if (typeof value === 'number' && (column === 'scan' || column === 'patient' || column === 'site'))
    return String(value);
  const advice = column in OPTIONAL ? '; give it for every scan or leave the column out' : '';
  return refuse(
    file,
    `${row.where} has no ${column}: expected text, found ${describeFound(value === '' ? undefined : value)}${advice}`,
    { column },
  );
}

/**
 * Reads a manifest: CSV with a header, or (where `file` ends in .json) a JSON list of objects, or an object whose
 * `scans` is such a list. Columns `scan,ground_truth,lower,upper,segmentation`, optionally
 * `point,body,patient,std,samples,measurement,site`; an optional column is filled for every scan or absent. Paths come as they are written.
 *
 * @param file named in errors.
 * @throws SemcrcError `bad-input` for a missing column (named), an empty cell, a duplicate scan id (both lines named), an
 *   empty manifest, unreadable CSV or JSON.
 */
export function parseManifest(text: string, file: string): ScanList {
  return parseScans(text, file, Object.keys(REQUIRED));
}

/** As {@link parseManifest}, of scans whose truth nobody knows: a column `ground_truth` may be missing, and is not looked at. */
export function parseApplyManifest(
  text: string,
  file: string,
): { readonly scans: readonly AppliedScanFiles[]; readonly warnings: readonly string[] } {
  const { scans, warnings } = parseScans(
    text,
    file,
    Object.keys(REQUIRED).filter((column) => column !== 'ground_truth'),
  );
  return { scans: scans.map(({ groundTruth: _, patient: __, site: ___, ...files }) => files), warnings };
}

function parseScans(text: string, file: string, required: readonly string[]): ScanList {
  const { columns, rows } = parseRows(text, file);
  const missing = required.filter((column) => !columns.includes(column));
  if (missing.length > 0) {
    refuse(
      file,
      `missing column${missing.length > 1 ? 's' : ''} ${missing.join(', ')}: found ${columns.join(', ')}; ` +
        `a manifest has ${required.join(', ')} and optionally ${Object.keys(OPTIONAL).join(', ')}`,
      { column: missing.join(', ') },
    );
  }

  const fields = Object.entries({ ...REQUIRED, ...OPTIONAL }).filter(
    ([column]) => columns.includes(column) && (required.includes(column) || column in OPTIONAL),
  );
  const placeOf = new Map<string, string>();
  const scans = rows.map((row): ScanFiles => {
    const files = Object.fromEntries(fields.map(([column, field]) => [field, cell(row, column, file)]));
    const scan = files.scan as string;
    const before = placeOf.get(scan);
    if (before !== undefined) {
      refuse(file, `scan id "${scan}" stands twice, in ${before} and ${row.where}; scan ids must be unique`, {
        scan,
      });
    }
    placeOf.set(scan, row.where);
    return { patient: scan, ...files } as unknown as ScanFiles;
  });
  refuseRoaming(scans, file);
  const unknown = columns.filter((column) => !COLUMNS.includes(column));
  const warnings =
    unknown.length === 0
      ? []
      : [
          `${file}: nothing reads the column${unknown.length > 1 ? 's' : ''} ${unknown.join(', ')}; known columns are ${COLUMNS.join(', ')}`,
        ];
  return { name: file, scans, warnings };
}

/** Refuses a patient whose scans are of several sites: it could be counted for one of them only. */
function refuseRoaming(scans: readonly ScanFiles[], file: string): void {
  const siteOf = new Map<string, string | undefined>();
  for (const { patient, site } of scans) {
    if (siteOf.has(patient) && siteOf.get(patient) !== site) {
      refuse(
        file,
        `patient ${patient} has scans of the sites ${siteOf.get(patient)} and ${site}; expected one`,
        {
          patient,
        },
      );
    }
    siteOf.set(patient, site);
  }
}
