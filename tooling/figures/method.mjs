// Draws the figures of docs/method.md: node tooling/figures/method.mjs [name …], all of them by default.
import { mkdirSync, writeFileSync } from 'node:fs';

const names = [
  'bounds',
  'crc',
  'envelope',
  'gamma',
  'heuristics',
  'line',
  'organs',
  'path',
  'sides',
  'strata',
];
const target = new URL('../../docs/figures/', import.meta.url);
mkdirSync(target, { recursive: true });
const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : names) {
  const drawings = await import(`./method/${name}.mjs`);
  const svg = await drawings[`draw${name[0].toUpperCase()}${name.slice(1)}`]();
  writeFileSync(new URL(`method-${name}.svg`, target), svg);
}
