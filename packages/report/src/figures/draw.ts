import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { ADVANCES } from './advances.ts';
import { CONFIG, TONES } from './theme.ts';

/** Letters outside the table are taken for as wide as most capitals. */
const OTHER = 700;

/** What Vega lays text out by; its types do not know it. */
const { textMetrics } = vega as unknown as {
  readonly textMetrics: { width: (item: { readonly fontSize?: number }, text: unknown) => number };
};

// Without a canvas Vega guesses that every letter is 0.8 of the font size wide; the figures' one font is known.
textMetrics.width = (item, text) => {
  const line = text === null || text === undefined ? '' : String(text);
  let width = 0;
  for (const character of line) width += ADVANCES[(character.codePointAt(0) ?? 0) - 0x20] ?? OTHER;
  return (width * (item.fontSize ?? 11)) / 1000;
};

/** Draws a figure as a standalone SVG, in the colours of light pages. The same spec gives the same bytes. */
export async function drawSvg(spec: TopLevelSpec): Promise<string> {
  const { spec: compiled } = compile({ ...spec, config: CONFIG } as TopLevelSpec);
  vega.resetSVGDefIds();
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  try {
    // Vega names groups of marks for screen readers, which hear of the figure as a whole instead.
    return (await view.toSVG()).replace(/ (?:role|aria-roledescription)="[a-z -]*"/g, '');
  } finally {
    view.finalize();
  }
}

/** How much larger than drawn a figure gets in a page. */
const LARGEST = 1.2;

/** An SVG made part of a page: ids that no other figure has, colours that follow the page, no size of its own. */
export function inlineSvg(svg: string, id: string): string {
  const named = svg
    .replace(
      /\b(id="|url\(#)((?:clip|gradient|pattern)_?\d+)/g,
      (_, before: string, name: string) => `${before}${id}-${name}`,
    )
    .replace(/^<\?xml[^>]*\?>|<!DOCTYPE[^>]*>/g, '')
    .replace(
      /<svg([^>]*?) width="([\d.]+)" height="[\d.]+"/,
      (_, rest: string, width: string) =>
        `<svg${rest} aria-hidden="true" style="max-width:${Math.round(LARGEST * Number(width))}px"`,
    );
  return Object.entries(TONES).reduce(
    (text, [name, { light }]) => text.replaceAll(`"${light}"`, `"var(--${name}, ${light})"`),
    named,
  );
}
