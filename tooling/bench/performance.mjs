// The tables of docs/performance.md, from the figures that benches printed.

/** @typedef {{ what: string, value: number, unit?: string }} Figure without a unit: a share, shown in percent */
/** @typedef {Readonly<Record<string, { machine: string, date: string, load: number, figures: readonly Figure[] }>>} Recorded by bench */

/** How a bench is run and headed; the order of the page. */
const BENCHES = /** @type {const} */ ({
  paper: ["The paper's experiment", 'pnpm run bench paper'],
  anchor: ['Anchors', 'pnpm run bench anchor'],
  core: ['Learned designs', 'pnpm run bench core'],
  kernels: ['Loops over voxels', 'pnpm run bench kernels'],
  cohort: ['Prepared cohorts', 'pnpm run bench cohort'],
  runner: ['Preparing scans', 'pnpm run bench runner'],
  predict: ['Networks', 'pnpm run bench predict'],
  viewer: ['The page', 'pnpm run bench viewer'],
});
const START = '<!-- figures: made by pnpm run bench:docs -->\n';
const END = '<!-- end of figures -->\n';

/**
 * The page with its tables made anew.
 * @param {string} page
 * @param {Recorded} recorded
 * @returns {string}
 */
export function renderPerformance(page, recorded) {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error('the page has no place for figures');
  const tables = Object.entries(BENCHES).flatMap(([name, [heading, command]]) => {
    const bench = recorded[name];
    if (bench === undefined) return [];
    const rows = bench.figures.map((figure) => `| ${figure.what} | ${show(figure)} |`);
    const source = `\`${command}\` on ${bench.date}: ${bench.machine}, load ${bench.load}.`;
    return [`## ${heading}\n\n${source}\n\n| | |\n|---|---|\n${rows.join('\n')}\n`];
  });
  return `${page.slice(0, start)}${START}\n${tables.join('\n')}\n${page.slice(end)}`;
}

/** @param {Figure} figure two digits, and milliseconds below a tenth of a second */
function show({ value, unit }) {
  if (unit === undefined) return `${(100 * value).toFixed(0)} %`;
  if (unit === 's' && value < 0.1) return `${(1e3 * value).toPrecision(2)} ms`;
  return `${value < 100 ? Number(value.toPrecision(2)) : value.toFixed(0)} ${unit}`;
}
