// Writes fonts/DejaVuSans-page.woff2, the part of DejaVu Sans that a page's figures use (Latin, Greek, mathematics), and
// src/figures/advances.ts, the widths of its letters, by which figures without a browser are laid out.
// Needs subset-font (2.9.0), which the workspace does not install: npm install --no-save subset-font@2.9.0 elsewhere
// and give its folder: node scripts/make-font.mjs node_modules/subset-font
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const require = createRequire(import.meta.url);
const subsetFont = require(resolve(process.argv[2]));
const root = new URL('..', import.meta.url);
const font = readFileSync(new URL('fonts/DejaVuSans.ttf', root));

const ranges = [
  [0x20, 0x7e],
  [0xa0, 0x17f],
  [0x370, 0x3ff],
  [0x2010, 0x2027],
  [0x2070, 0x209f],
];
const single = '‰′″ℓ←↑→↓−∈∞≈≤≥±×·◆■▲▼●◄►̂̄̃';
const characters = ranges
  .flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)))
  .join('');
const woff2 = await subsetFont(font, characters + single, { targetFormat: 'woff2' });
writeFileSync(new URL('fonts/DejaVuSans-page.woff2', root), woff2);

// Advance widths: `hmtx` by glyph, glyph by character from the format 12 or 4 subtable of `cmap`.
const tables = new Map();
for (let i = 0; i < font.readUInt16BE(4); i++) {
  const at = 12 + 16 * i;
  tables.set(font.toString('latin1', at, at + 4), font.readUInt32BE(at + 8));
}
const unitsPerEm = font.readUInt16BE(tables.get('head') + 18);
const metrics = font.readUInt16BE(tables.get('hhea') + 34);
const cmap = tables.get('cmap');
let groups;
for (let i = 0; i < font.readUInt16BE(cmap + 2); i++) {
  const at = cmap + font.readUInt32BE(cmap + 4 + 8 * i + 4);
  if (font.readUInt16BE(at) === 12) groups = at;
}
const glyphOf = (code) => {
  for (let i = 0; i < font.readUInt32BE(groups + 12); i++) {
    const at = groups + 16 + 12 * i;
    const first = font.readUInt32BE(at);
    if (code >= first && code <= font.readUInt32BE(at + 4)) return font.readUInt32BE(at + 8) + code - first;
  }
  return 0;
};
const advance = (code) => font.readUInt16BE(tables.get('hmtx') + 4 * Math.min(glyphOf(code), metrics - 1));
const widths = [];
for (let code = 0x20; code <= 0x7e; code++) widths.push(Math.round((1000 * advance(code)) / unitsPerEm));

writeFileSync(
  new URL('src/figures/advances.ts', root),
  `// Written by scripts/make-font.mjs.\n\n/** Widths of the characters from space to tilde in DejaVu Sans, in thousandths of the font size. */\n` +
    `export const ADVANCES: readonly number[] = ${JSON.stringify(widths)};\n`,
);
