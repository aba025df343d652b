import { escapeXml } from './escape.ts';

/** Markup that is safe to stand in a page: written by this package, with everything from outside escaped. */
export class Html {
  readonly markup: string;

  private constructor(markup: string) {
    this.markup = markup;
  }

  /** Markup taken as it is. Never call it with text that came from a document. */
  static trusted(markup: string): Html {
    return new Html(markup);
  }

  static readonly nothing = Html.trusted('');
}

/** What may stand in a template: markup as it is, anything else escaped. */
export type Part = Html | string | number | false | null | undefined | readonly Part[];

/** A template whose parts are escaped unless they are markup already; false, null and undefined leave nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const pieces = strings.flatMap((text, at) => (at < parts.length ? [text, written(parts[at])] : [text]));
  return Html.trusted(pieces.join(''));
}

function written(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'string' || typeof part === 'number') return escapeXml(String(part));
  return part.map(written).join('');
}

/** A name from outside, kept from turning the text around it: names may be written from right to left. */
export const name = (text: string): Html => html`<bdi>${text}</bdi>`;
