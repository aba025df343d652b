// Draws the figures of docs/method.md: node tooling/figures/method.mjs [name …], all of them by default.
import { mkdirSync, writeFileSync } from 'node:fs';
import { drawBounds } from './method/bounds.mjs';
import { drawCrc } from './method/crc.mjs';
import { drawEnvelope } from './method/envelope.mjs';
import { drawGamma } from './method/gamma.mjs';
import { drawHeuristics } from './method/heuristics.mjs';
import { drawLine } from './method/line.mjs';
import { drawOrgans } from './method/organs.mjs';
import { drawPath } from './method/path.mjs';
import { drawSides } from './method/sides.mjs';
import { drawStrata } from './method/strata.mjs';

/** @type {Readonly<Record<string, () => string | Promise<string>>>} */
const drawings = {
  bounds: drawBounds,
  crc: drawCrc,
  envelope: drawEnvelope,
  gamma: drawGamma,
  heuristics: drawHeuristics,
  line: drawLine,
  organs: drawOrgans,
  path: drawPath,
  sides: drawSides,
  strata: drawStrata,
};
const target = new URL('../../docs/figures/', import.meta.url);
mkdirSync(target, { recursive: true });
const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(drawings)) {
  writeFileSync(new URL(`method-${name}.svg`, target), await drawings[name]());
}
