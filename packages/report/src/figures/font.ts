import { readFileSync } from 'node:fs';

const FONTS = new URL('../../fonts/', import.meta.url);

/** The figures' font for pages, as base64 of woff2: its Latin, Greek and mathematical letters. */
export function pageFont(): string {
  return readFileSync(new URL('DejaVuSans-page.woff2', FONTS)).toString('base64');
}

/** Where the whole font lies, for pictures. */
export function fontFile(): URL {
  return new URL('DejaVuSans.ttf', FONTS);
}
