import { csv, records } from '../tables/csv.ts';
import type { DataTable } from '../tables/table.ts';
import { Html, html, type Part } from './html.ts';
import { dataCell, scrolling, table } from './table.ts';

/** A figure of a page. */
export interface PageFigure {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly description: string;
  /** SVG fit to stand in a page. */
  readonly inline: string;
  readonly data: DataTable | null;
}

/** Tables with more rows are for downloading, not for reading. */
const ROWS_SHOWN = 60;

/**
 * A figure with its caption, its words for those who cannot see it, and the data behind it.
 *
 * @param files `all`: the data as a table or, of many rows, as CSV and JSON; `csv`: as CSV alone
 */
export function figure(
  { id, title, caption, description, inline, data }: PageFigure,
  files: 'all' | 'csv' = 'all',
): Html {
  return html`<figure id="${id}"><figcaption><h3>${title}</h3>${caption}</figcaption>${scrolling(
    html`<div role="img" aria-label="${description}">${Html.trusted(inline)}</div>`,
    title,
  )}${data && (files === 'all' ? behind(id, title, data) : html`<p class="files">Data${csvLink(id, data)}</p>`)}</figure>`;
}

function behind(id: string, title: string, data: DataTable): Html {
  const files = downloads(id, data);
  if (data.rows.length > ROWS_SHOWN) {
    return html`<p class="files">${title}: ${data.rows.length} rows of data${files}</p>`;
  }
  return html`<details><summary>Data of “${title}”</summary><div>${table(
    `Data of “${title}”`,
    data.columns.map((column, at) => ({ head: column, text: at === 0 })),
    data.rows.map((row) => row.map(dataCell)),
  )}<p class="files">${data.rows.length} rows${files}</p></div></details>`;
}

/** Links to data as CSV and JSON, held in the page. */
export function downloads(id: string, data: DataTable): Html {
  return html`${csvLink(id, data)}${link(
    `${id}.json`,
    'application/json',
    JSON.stringify(records(data)),
    'JSON',
  )}`;
}

const csvLink = (id: string, data: DataTable): Html => link(`${id}.csv`, 'text/csv', csv(data), 'CSV');

/** A link to a text file held in the page. */
export function link(file: string, type: string, content: string, label: Part): Html {
  const url = `data:${type};charset=utf-8;base64,${Buffer.from(content, 'utf8').toString('base64')}`;
  return html` <a download="${file}" href="${url}">${label}<span class="hidden"> ${file}</span></a>`;
}
