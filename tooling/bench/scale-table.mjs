// The table of docs/scale.md: what each command was measured to take for a scan, and that times 1,000 and 10,000.

/**
 * One command, measured with one worker.
 * @typedef {{
 *   command: string,
 *   scans: number,
 *   seconds: number,
 *   memoryMiB: number,
 *   bytes?: number,
 *   once?: boolean,
 * }} Measured `seconds`: processor time of all `scans`, user and system, start of the command included. `bytes`: on disk, of all
 * scans. `once`: what it takes does not grow with the scans.
 */
/** @typedef {{ machine: string, date: string, load: number, rows: readonly Measured[] }} Recorded */

const START = '<!-- figures: made by pnpm run bench:scale -->\n';
const END = '<!-- end of figures -->\n';
const HEAD = [
  '| command | a scan | 1,000 scans | 10,000 scans | memory | on disk, a scan |',
  '|---|---|---|---|---|---|',
];

/**
 * The page with its table made anew.
 * @param {string} page
 * @param {Recorded} recorded
 * @returns {string}
 */
export function renderScale(page, { machine, date, load, rows }) {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error('the page has no place for figures');
  const source = `Measured on ${date}: ${machine}, load ${load}, 4 phantoms of 256 × 256 × 96 or 160 scans of the paper's size.`;
  const table = [...HEAD, ...rows.map(row)].join('\n');
  return `${page.slice(0, start)}${START}\n${source}\n\n${table}\n\n${page.slice(end)}`;
}

/** @param {Measured} measured */
function row({ command, scans, seconds, memoryMiB, bytes, once = false }) {
  const times = once
    ? [`${duration(seconds)} in all`, 'the same', 'the same']
    : [1, 1000, 10_000].map((count) => duration((seconds / scans) * count));
  const disk = bytes === undefined ? '' : size(bytes / scans);
  return `| ${[command, ...times, `${Number(memoryMiB.toPrecision(2))} MiB`, disk].join(' | ')} |`;
}

/** @param {number} seconds two digits, in the unit that suits */
function duration(seconds) {
  const units = /** @type {const} */ ([
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ]);
  const [unit, name] = units.find(([least]) => seconds >= 1.5 * least) ?? [1e-3, 'ms'];
  const value = seconds / unit;
  return `${value < 100 ? Number(value.toPrecision(2)) : Math.round(value)} ${name}`;
}

/** @param {number} bytes */
function size(bytes) {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${Number((bytes / 1e6).toPrecision(2))} MB`;
}
