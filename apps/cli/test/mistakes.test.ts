import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrcHere } from './command.ts';
import { FITTING, writeCohort } from './fixture.ts';

let root: string;
const at = (name: string) => join(root, name);
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-mistakes-'));
  writeCohort(at('cohort'));
  const args = ['calibrate', at('cohort/manifest.csv'), '--procedure', 'crc', ...FITTING];
  expect((await semcrcHere([...args, '--out', at('calibration.json'), '--no-report'])).code).toBe(0);
  writeFileSync(at('notes.json'), '{"schema": "mine"}');
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What a user gave, with what they were told. */
const MISTAKES: readonly (readonly [args: string, code: number, message: RegExp])[] = [
  // The right files in the wrong order, or for the wrong command.
  [
    'apply cohort/manifest.csv calibration.json',
    2,
    /manifest\.csv is no calibration: the calibration \(\.json\) is named first/,
  ],
  ['evaluate cohort/manifest.csv calibration.json', 2, /the calibration \(\.json\) is named first/],
  [
    'evaluate calibration.json calibration.json',
    2,
    /calibration\.json is a result \(semcrc\/calibration\), and no manifest/,
  ],
  ['calibrate calibration.json --labels suprem', 2, /`semcrc report .*calibration\.json` shows it/],
  ['inspect calibration.json', 2, /is a result \(semcrc\/calibration\)/],
  ['report cohort/manifest.csv', 3, /manifest\.csv says nothing of what it is/],
  // A volume where scans are named.
  ['apply calibration.json cohort/s00/lower.nii.gz', 3, /lower\.nii\.gz: is no text: expected a manifest/],
  ['calibrate cohort/s00/truth.nii.gz --labels suprem', 3, /truth\.nii\.gz: is no text: expected a manifest/],
  ['project cohort/manifest.csv --out s.zarr', 3, /manifest\.csv: not a NIfTI file/],
  // What is not there is named before anything else is asked for.
  ['calibrate nowhere.csv', 3, /nowhere\.csv: no such file or folder; name a manifest/],
  ['experiment nowhere.csv', 3, /nowhere\.csv: no such file or folder/],
  ['inspect nowhere.csv', 3, /nowhere\.csv: no such file or folder/],
  [
    'predict --model denoisng --input cohort/s00/lower.nii.gz',
    3,
    /denoisng is no file, and no model that comes with semcrc \(/,
  ],
  ['manifest cohort/manifest.csv', 3, /manifest\.csv: is a file; name the folder/],
  ['manifest nowhere', 3, /nowhere: there is no such folder/],
  // Numbers as people write them.
  ['calibrate cohort/manifest.csv --labels suprem --epsilon 10', 2, /--epsilon .*strictly between 0 and 1/],
  ['calibrate cohort/manifest.csv --labels suprem --epsilon 0,1', 2, /--epsilon/],
  [
    'prepare cohort/manifest.csv --labels suprem --window -175 250',
    2,
    /--window .*2 values separated by commas/,
  ],
  [
    'prepare cohort/manifest.csv --labels suprem --spacing 1.5',
    2,
    /--spacing .*3 values separated by commas/,
  ],
];

describe('what users get wrong', () => {
  test.each(MISTAKES)('semcrc %s', async (args, code, message) => {
    const words = args
      .split(' ')
      .map((word) => (/\.(csv|json|gz|zarr)$|^(cohort|nowhere)$/.test(word) ? at(word) : word));
    const before = readdirSync(root, { recursive: true }).length;
    const outcome = await semcrcHere(words);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).toMatch(/^error: /);
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
    // One line to be read, whatever the file holds.
    expect(outcome.stderr.split('\n')[0].length).toBeLessThan(600);
    expect([outcome.code, outcome.stdout]).toEqual([code, '']);
    expect(readdirSync(root, { recursive: true }).length).toBe(before);
  });

  test('a tag in a config file that nobody knows is refused, not passed over with a warning', async () => {
    writeFileSync(at('tag.yaml'), `source: ${at('cohort/manifest.csv')}\nlabels: !scheme suprem\n`);
    const { code, stderr } = await semcrcHere(['experiment', at('tag.yaml'), '--out', at('tagged')]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^error: .*tag\.yaml is not YAML: Unresolved tag: !scheme/);
  });

  test('a JSON list of scans is a manifest, whatever else it says', async () => {
    const { code, stderr } = await semcrcHere(['calibrate', at('notes.json'), '--labels', 'suprem']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/notes\.json: expected a list of scans/);
  });
});
