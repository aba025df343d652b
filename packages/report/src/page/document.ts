import { Html, html, type Part } from './html.ts';
import { style } from './style.ts';

/** What every page is made of. */
export interface PageContent {
  readonly title: string;
  readonly lead: Part;
  /** Sections that the reader can jump to, by id. */
  readonly contents: readonly (readonly [id: string, title: string])[];
  readonly body: Part;
  readonly foot: Part;
}

/**
 * One self-contained page: no script, and a policy that forbids every request.
 *
 * @param font woff2 as base64
 */
export function page({ title, lead, contents, body, foot }: PageContent, font: string): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="semcrc">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${Html.trusted(style(font))}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the report</a>
<header><h1>${title}</h1><p class="lead">${lead}</p><nav aria-label="Contents"><ul>${contents.map(
    ([id, name]) => html`<li><a href="#${id}">${name}</a></li>`,
  )}</ul></nav></header>
<main id="content">${body}</main>
<footer>${foot}</footer>
</body>
</html>
`.markup;
}
