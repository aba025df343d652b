import { fileURLToPath } from 'node:url';
import { Resvg } from '@resvg/resvg-js';
import { fontFile } from './font.ts';
import { FONT } from './theme.ts';

/** An SVG of this package as PNG on white, at twice its size. */
export function png(svg: string): Uint8Array {
  const picture = new Resvg(svg, {
    background: '#ffffff',
    fitTo: { mode: 'zoom', value: 2 },
    font: { loadSystemFonts: false, fontFiles: [fileURLToPath(fontFile())], defaultFontFamily: FONT },
  });
  return picture.render().asPng();
}
