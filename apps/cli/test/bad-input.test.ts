import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Outcome, semcrc } from './command.ts';
import { DIMS, FITTING, niftiBytes, type ScanParts, SPOILED, scanParts, writeCohort } from './fixture.ts';

let root: string;
/** λ of the cohort with nothing spoiled. */
let unspoiled: unknown;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-bad-input-'));
  unspoiled = readLambda(calibrateSpoiled(nothing).out);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A directory of its own, and where its calibration goes. */
function place(): { directory: string; out: string } {
  const directory = mkdtempSync(join(root, 'case-'));
  return { directory, out: join(directory, 'calibration.json') };
}

const nothing = () => {};

/** Calibrates a cohort whose scan s03 is spoiled in its parts or, once written, in its files. */
function calibrateSpoiled(spoil: (parts: ScanParts) => void, afterwards?: (directory: string) => void) {
  const { directory, out } = place();
  const manifest = writeCohort(directory, { spoil });
  afterwards?.(directory);
  return { ...semcrc(['calibrate', manifest, ...FITTING, '--out', out]), out };
}

/** The one form of every failure: exit code, first line, no stack, nothing on stdout, no output file. */
function expectFailure(
  outcome: Outcome & { out?: string },
  code: number,
  ...messages: (string | RegExp)[]
): void {
  expect({ code: outcome.code, stderr: outcome.stderr }).toMatchObject({ code });
  expect(outcome.stderr).toMatch(/^error: /);
  expect(outcome.stderr).not.toMatch(/\n\s+at /);
  expect(outcome.stdout).toBe('');
  for (const message of messages) expect(outcome.stderr).toMatch(message);
  if (outcome.out !== undefined) expect(existsSync(outcome.out)).toBe(false);
}

const inScan = (name: string) => join(SPOILED, `${name}.nii.gz`);

describe('files', () => {
  test('a manifest that is not there', () => {
    const missing = join(root, 'nowhere.csv');
    expectFailure(semcrc(['calibrate', missing, ...FITTING]), 3, missing, /no such file/i);
  });

  test('a volume that is not there', () => {
    const outcome = calibrateSpoiled(nothing, (directory) => rmSync(join(directory, inScan('lower'))));
    expectFailure(outcome, 3, inScan('lower'), /no such file/i);
  });

  test('a truncated gzip', () => {
    const outcome = calibrateSpoiled(nothing, (directory) =>
      truncateSync(join(directory, inScan('truth')), 120),
    );
    expectFailure(outcome, 3, inScan('truth'), /truncated|unexpected end|incomplete/i);
  });

  test('a gzip of several members reads as one file', () => {
    const split = calibrateSpoiled(nothing, (directory) => {
      const bytes = niftiBytes(scanParts(3).truth);
      const members = [bytes.subarray(0, 400), bytes.subarray(400, 500), bytes.subarray(500)];
      writeFileSync(join(directory, inScan('truth')), Buffer.concat(members.map((part) => gzipSync(part))));
    });
    expect(split.code).toBe(0);
    expect(readLambda(split.out)).toEqual(unspoiled);
  });

  test('a wrong magic', () => {
    const outcome = calibrateSpoiled((parts) => {
      parts.truth = { ...parts.truth, magic: 'nope' };
    });
    expectFailure(outcome, 3, inScan('truth'), /magic/, /nope/);
  });

  test('dimensions that do not multiply to the data', () => {
    const outcome = calibrateSpoiled((parts) => {
      for (const name of ['truth', 'lower', 'upper', 'segmentation'] as const) {
        parts[name] = { ...parts[name], dims: [DIMS[0], DIMS[1], DIMS[2] + 1] };
      }
    });
    expectFailure(outcome, 3, inScan('truth'), /8 × 6 × 5/, /480 bytes, found 384/);
  });

  test('dimensions that multiply to an absurd size', () => {
    const outcome = calibrateSpoiled((parts) => {
      parts.upper = { ...parts.upper, dims: [32767, 32767, 32767] };
    });
    expectFailure(outcome, 3, inScan('upper'));
  });

  test.each([0, Number.NaN])('a slope of %s means 1, and an intercept beside it 0', (slope) => {
    const unscaled = calibrateSpoiled((parts) => {
      parts.truth = { ...parts.truth, slope, inter: 17 };
    });
    expect(unscaled.code).toBe(0);
    expect(readLambda(unscaled.out)).toEqual(unspoiled);
  });
});

describe('voxels', () => {
  test.each(['truth', 'lower', 'upper'] as const)('NaN in %s', (name) => {
    const outcome = calibrateSpoiled((parts) => {
      const values = Float32Array.from(parts[name].values);
      values[27] = Number.NaN;
      parts[name] = { ...parts[name], type: 'f32', values };
    });
    expectFailure(outcome, 3, SPOILED, /NaN/, /x 3, y 3, z 0|\(3, 3, 0\)|3, 3, 0/);
  });

  test('labels that are no whole numbers', () => {
    const outcome = calibrateSpoiled((parts) => {
      const values = Float32Array.from(parts.segmentation.values);
      values[5] = 1.5;
      parts.segmentation = { ...parts.segmentation, type: 'f32', values };
    });
    expectFailure(outcome, 3, inScan('segmentation'), /1\.5/, /whole number|integer/i);
  });

  test('a label outside the scheme', () => {
    const outcome = calibrateSpoiled((parts) => {
      parts.segmentation = { ...parts.segmentation, values: Array.from(parts.segmentation.values, () => 77) };
    });
    expectFailure(outcome, 3, inScan('segmentation'), /77/, /suprem/);
  });

  test('crossed bounds are swapped, counted and reported', () => {
    const crossed = calibrateSpoiled((parts) => {
      const lower = Array.from(parts.lower.values);
      const upper = Array.from(parts.upper.values);
      for (const voxel of [3, 40, 41]) [lower[voxel], upper[voxel]] = [upper[voxel]!, lower[voxel]!];
      parts.lower = { ...parts.lower, values: lower };
      parts.upper = { ...parts.upper, values: upper };
    });
    expect(crossed.code).toBe(0);
    expect(crossed.stdout + crossed.stderr).toMatch(/3 voxels? .*(crossed|swapped)/);
    expect(readLambda(crossed.out)).toEqual(unspoiled);
  });

  test('predictions in HU', () => {
    const outcome = calibrateSpoiled((parts) => {
      for (const name of ['lower', 'upper'] as const) {
        parts[name] = {
          ...parts[name],
          values: Array.from(parts[name].values, (value) => value * 425 - 175),
        };
      }
    });
    expectFailure(outcome, 3, SPOILED, /--prediction-units hu/);
  });

  test('files of one scan with different shapes', () => {
    const outcome = calibrateSpoiled((parts) => {
      const dims = [DIMS[0], DIMS[2], DIMS[1]];
      parts.upper = { ...parts.upper, dims };
    });
    expectFailure(outcome, 3, SPOILED, inScan('upper'), /8|6|4/);
  });

  test('files of one scan with different affines', () => {
    const outcome = calibrateSpoiled((parts) => {
      parts.segmentation = { ...parts.segmentation, shift: 5 };
    });
    expectFailure(outcome, 3, SPOILED, inScan('segmentation'), /affine|mm/);
  });
});

describe('manifests', () => {
  function calibrateManifest(change: (text: string) => string): Outcome & { out: string } {
    const { directory, out } = place();
    const manifest = writeCohort(directory);
    writeFileSync(manifest, change(readFileSync(manifest, 'utf8')));
    return { ...semcrc(['calibrate', manifest, ...FITTING, '--out', out]), out };
  }

  test('a scan id that stands twice', () => {
    expectFailure(
      calibrateManifest((text) => text.replace('\ns05,', '\ns04,')),
      3,
      /s04/,
      /twice|duplicate/i,
    );
  });

  test('a missing column', () => {
    expectFailure(
      calibrateManifest((text) => text.replace('upper', 'hi')),
      3,
      /manifest\.csv/,
      /missing column.* upper/,
    );
  });

  test('an empty manifest', () => {
    expectFailure(
      calibrateManifest((text) => text.split('\n')[0]!),
      3,
      /manifest\.csv/,
      /empty/,
    );
  });

  test('a manifest without --labels lists the schemes', () => {
    const manifest = writeCohort(place().directory);
    const outcome = semcrc(['calibrate', manifest, ...FITTING.slice(2)]);
    expectFailure(outcome, 2, /--labels/, /suprem/, /totalsegmentator/, /flare/, /abdomenatlas/);
  });
});

describe('sizes', () => {
  test('more patients than the cohort has: names its size and proposes numbers', () => {
    const { directory, out } = place();
    const manifest = writeCohort(directory);
    const sizes = ['--n-opt', '2', '--n-cal', '10', '--n-test', '3'];
    const outcome = semcrc(['calibrate', manifest, '--labels', 'suprem', ...sizes, '--out', out]);
    expectFailure({ ...outcome, out }, 2, /12 scans/);
    const proposal = /--n-opt \d+ --n-cal \d+ --n-test \d+/.exec(outcome.stderr)?.[0];
    expect(proposal).toBeDefined();
    const again = semcrc([
      ...['calibrate', manifest, '--labels', 'suprem', '--epsilon', '0.3', '--out', out],
      ...proposal!.split(' '),
    ]);
    expect(again.code).toBe(0);
  });

  test('too few patients for ε: says the n needed, before reading any voxel', () => {
    const { directory, out } = place();
    const manifest = writeCohort(directory);
    for (const scan of ['s00', 's01'])
      writeFileSync(join(directory, scan, 'truth.nii.gz'), `no volume of ${scan}`);
    const sizes = ['--n-opt', '2', '--n-cal', '8', '--n-test', '3'];
    const options = ['--labels', 'suprem', ...sizes, '--out', out];
    const outcome = semcrc(['calibrate', manifest, '--procedure', 'crc', ...options, '--epsilon', '0.1']);
    expectFailure({ ...outcome, out }, 4, /n = 8/, /n ≥ 9/);
  });
});

describe('output', () => {
  test('a directory that is not there', () => {
    const out = join(root, 'no', 'such', 'directory', 'calibration.json');
    expectFailure({ ...semcrc(['calibrate', '--out', out]), out }, 3, out, /no such folder/);
  });

  test('a file where a directory should be', () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    expectFailure(semcrc(['calibrate', '--out', join(file, 'calibration.json')]), 3, /not a folder/);
    expectFailure(semcrc(['experiment', '--out', join(file, 'results')]), 3, /not a folder/);
  });

  test('a directory where the file should be', () => {
    const { directory } = place();
    expectFailure(semcrc(['calibrate', '--out', directory]), 3, directory, /is a folder/);
    expect(readdirSync(directory)).toEqual([]);
  });

  test('a file system that takes no files', () => {
    expectFailure(semcrc(['calibrate', '--out', '/proc/calibration.json']), 3, '/proc/calibration.json');
  });
});

function readLambda(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8')).lambda;
}
