// Damages the text of a file in many ways and has the reader of its format read each; says what came of them.
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, parseManifest } from '@semcrc/cohort/node';
import { parseCalibration } from '@semcrc/core';
import { openResults } from '@semcrc/results';
import { readExperimentFile } from '../build/experiment-file.js';

const NAME = 'the-file';

/** Readers by kind of text; each throws what a user would see. */
const READERS = {
  calibration: (text) => parseCalibration(text, `${NAME}.json`),
  // A prepared cohort whose attributes are the text.
  store: async (text, folder) => {
    const home = join(folder, NAME);
    const group = { zarr_format: 3, node_type: 'group' };
    writeFileSync(join(home, 'zarr.json'), `{${JSON.stringify(group).slice(1, -1)}, "attributes": ${text}}`);
    await (await openStore(home)).close?.();
  },
  // Results whose journal is the text.
  journal: (text, folder) => {
    const home = join(folder, NAME);
    writeFileSync(join(home, 'runs', 'journal.json'), text);
    for (const experiment of openResults(home).experiments) experiment.runs();
  },
  yaml: (text, folder) => {
    const path = join(folder, `${NAME}.yaml`);
    writeFileSync(path, text);
    readExperimentFile(path, {});
  },
  csv: (text) => parseManifest(text, `${NAME}.csv`),
};

const EDGES = [
  ...[
    'null',
    'true',
    '-1',
    '0',
    '1e999',
    '-0',
    '0.1',
    '4294967296',
    '""',
    '"\\u0000"',
    '[]',
    '{}',
    '[[[[]]]]',
  ],
  ...[
    '"__proto__"',
    '"constructor"',
    '{"__proto__": {"x": 1}}',
    '"Infinity"',
    '"NaN"',
    '"../../.."',
    '"a\\nb"',
  ],
];
const PIECES = {
  calibration: ['{', '}', '[', ']', ',', ':', '"', '\\u0000', '1e999', '['.repeat(3000)],
  store: ['{', '}', '[', ']', ',', ':', '"', '1e999', '['.repeat(3000)],
  journal: ['{', '}', '[', ']', ',', ':', '"', '['.repeat(3000)],
  yaml: [
    ': ',
    '- ',
    '&a ',
    '*a',
    '<<: *a',
    '!!js/function ',
    '|',
    '>',
    '---',
    '\t',
    '[',
    '{',
    '#',
    "'",
    '['.repeat(3000),
  ],
  csv: [',', ';', '\t', '"', '\n', '\r', '=cmd()', '\u0000', '\ufeff', ','.repeat(3000), '\n'.repeat(3000)],
};

function dice(seed) {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) % bound;
  };
}

/** Changes one value of a JSON document, wherever it stands. */
function mutateValue(text, roll) {
  const places = [];
  const walk = (node) => {
    for (const key of Object.keys(node)) {
      places.push([node, key]);
      if (typeof node[key] === 'object' && node[key] !== null) walk(node[key]);
    }
  };
  const document = JSON.parse(text);
  walk(document);
  const [node, key] = places[roll(places.length)];
  const kind = roll(4);
  if (kind === 0) delete node[key];
  else if (kind === 1) node[key] = JSON.parse(EDGES[roll(EDGES.length)].replace('1e999', '1e308'));
  else if (kind === 2) node[EDGES[roll(EDGES.length)]] = node[key];
  else {
    const [other, name] = places[roll(places.length)];
    [node[key], other[name]] = [structuredClone(other[name]), structuredClone(node[key])];
  }
  return JSON.stringify(document);
}

function mutateText(text, pieces, roll) {
  let out = text;
  for (let times = 1 + roll(3); times > 0; times--) {
    const at = roll(out.length + 1);
    const to = Math.min(out.length, at + roll(40));
    const kind = roll(5);
    if (kind === 0) out = out.slice(0, at) + out.slice(to);
    else if (kind === 1) out = out.slice(0, at) + String.fromCharCode(roll(256)) + out.slice(at + 1);
    else if (kind === 2) out = out.slice(0, at) + pieces[roll(pieces.length)] + out.slice(at);
    else if (kind === 3) out = out.slice(0, to) + out.slice(at);
    else out = out.slice(0, at);
  }
  return out;
}

process.on('message', async ({ kind, texts, home, seed, count, folder }) => {
  if (home !== null) cpSync(home, join(folder, NAME), { recursive: true });
  const roll = dice(seed);
  const read = READERS[kind];
  const found = { read: 0, refused: 0, slowest: 0, faults: [] };
  for (let i = 0; i < count; i++) {
    const source = texts[roll(texts.length)];
    const structured = kind !== 'yaml' && kind !== 'csv' && roll(2) === 0;
    const text = structured ? mutateValue(source, roll) : mutateText(source, PIECES[kind], roll);
    const start = performance.now();
    try {
      await read(text, folder);
      found.read++;
    } catch (error) {
      const known = error?.name === 'SemcrcError' && ['bad-input', 'usage'].includes(error.code);
      if (known && error.message.includes(NAME) && error.message.length < 4000) found.refused++;
      else found.faults.push(`${error?.stack ?? error}\n${text.slice(0, 2000)}`.slice(0, 4000));
    }
    found.slowest = Math.max(found.slowest, performance.now() - start);
    if (found.faults.length >= 3) break;
  }
  process.send({ ...found, peak: process.resourceUsage().maxRSS * 1024 });
});
