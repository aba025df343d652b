import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { semcrcHere } from './command.ts';
import { FITTING, SIZES, writeCohort } from './fixture.ts';

/** Kinds of text that users and other programs write. */
export const TEXT_KINDS = ['calibration', 'store', 'journal', 'yaml', 'csv'] as const;
export type TextKind = (typeof TEXT_KINDS)[number];

/** What came of some damaged texts. */
export interface MutantOutcome {
  readonly read: number;
  readonly refused: number;
  /** Milliseconds that the slowest took. */
  readonly slowest: number;
  /** What neither was read nor refused by a message that names the file. */
  readonly faults: readonly string[];
  /** Most memory of the process, bytes. */
  readonly peak: number;
}

const YAML = `# a grid
source: plain/manifest.csv
labels: suprem
window: [-175, 250]
procedures: [crc, sem-crc]
runs: 2
nOpt: 8
nCal: 28
grid:
  epsilon: [0.1, 0.2]
  source:
    - name: first
      source: a.csv
    - &second b.zarr
  strata:
    - [intensity:4]
    - []
`;

/** Texts, and the folder that one of them belongs in. */
export interface SoundTexts {
  readonly texts: readonly string[];
  readonly home: string | null;
}

/** Sound texts of each kind, as the command writes them. */
export async function soundTexts(root: string): Promise<Readonly<Record<TextKind, SoundTexts>>> {
  const manifest = writeCohort(join(root, 'cohort'));
  const calibrations: string[] = [];
  for (const [name, more] of [
    ['crc', ['--procedure', 'crc']],
    ['k-crc', ['--procedure', 'k-crc']],
    ['organ-crc', ['--procedure', 'organ-crc']],
    ['shortest', ['--preset', 'shortest']],
  ] as const) {
    const out = join(root, `${name}.json`);
    if (!existsSync(out)) {
      const outcome = await semcrcHere(['calibrate', manifest, ...FITTING, ...more, '--out', out]);
      expect(outcome.code, outcome.stderr).toBe(0);
    }
    calibrations.push(JSON.stringify(JSON.parse(readFileSync(out, 'utf8'))));
  }
  const store = join(root, 'cohort.zarr');
  const prepared = ['prepare', manifest, '--labels', 'suprem', '--prepare', 'none', '--out', store];
  expect((await semcrcHere([...prepared, '--workers', '1'])).code).toBe(0);
  const results = join(root, 'results');
  const experiment = [
    'experiment',
    manifest,
    '--labels',
    'suprem',
    ...SIZES,
    '--epsilon',
    '0.2',
    '--runs',
    '2',
  ];
  const ran = await semcrcHere([...experiment, '--procedures', 'crc', '--out', results, '--workers', '1']);
  expect(ran.code, ran.stderr).toBe(0);
  return {
    calibration: { texts: calibrations, home: null },
    store: {
      texts: [JSON.stringify(JSON.parse(readFileSync(join(store, 'zarr.json'), 'utf8')).attributes)],
      home: store,
    },
    journal: { texts: [readFileSync(join(results, 'runs', 'journal.json'), 'utf8')], home: results },
    yaml: { texts: [YAML], home: null },
    csv: {
      texts: [readFileSync(manifest, 'utf8'), readFileSync(manifest, 'utf8').replaceAll(',', ';')],
      home: null,
    },
  };
}

/** Has a process of at most 256 MiB of heap read damaged texts. */
export function feedTexts(
  kind: TextKind,
  { texts, home }: SoundTexts,
  { seed, count, folder }: { readonly seed: number; readonly count: number; readonly folder: string },
): Promise<MutantOutcome> {
  const script = fileURLToPath(new URL('text-mutants-child.mjs', import.meta.url));
  const child = fork(script, { execArgv: ['--max-old-space-size=256'] });
  return new Promise<MutantOutcome>((resolve, reject) => {
    child.once('message', (message) => resolve(message as MutantOutcome));
    child.once('exit', (code, signal) => reject(new Error(`${kind}: the reader died (${code ?? signal})`)));
    child.send({ kind, texts, home, seed, count, folder });
  }).finally(() => child.kill());
}
