import type { Cell } from '../tables/table.ts';
import { Html, html, type Part } from './html.ts';

/** A column: its head, and whether its cells are text, which stand to the left. */
export interface Column {
  readonly head: Part;
  readonly text?: boolean;
}

/**
 * A table under a line that says what it holds, in a region that scrolls by itself where the table is too wide. The
 * first cell of each row is its head.
 */
export function table(about: string, columns: readonly Column[], rows: readonly (readonly Part[])[]): Html {
  const kind = ({ text }: Column) => Html.trusted(text === true ? ' class="text"' : '');
  return html`<p class="about">${about}</p>${scrolling(
    html`<table aria-label="${about}"><thead><tr>${columns.map(
      (column) => html`<th scope="col"${kind(column)}>${column.head}</th>`,
    )}</tr></thead><tbody>${rows.map(
      (cells) =>
        html`<tr>${cells.map((cell, at) =>
          at === 0
            ? html`<th scope="row"${kind(columns[at])}>${cell}</th>`
            : html`<td${kind(columns[at])}>${cell}</td>`,
        )}</tr>`,
    )}</tbody></table>`,
    about,
  )}`;
}

/** A region that scrolls sideways, by keyboard too. */
export function scrolling(content: Html, label: Part): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${content}</div>`;
}

/** A cell of data with at most six significant digits. */
export function dataCell(cell: Cell): string {
  if (cell === null) return '–';
  if (typeof cell === 'string') return cell;
  return Number.isInteger(cell) ? String(cell) : String(Number(cell.toPrecision(6)));
}
