import { describe, expect, it } from 'vitest';
import { knotAt } from '../src/engine/calibration-facts.ts';
import { cohortIn } from '../src/engine/cohort-place.ts';
import { sortDropped } from '../src/engine/sort-dropped.ts';

describe('dropped files are told by their names', () => {
  it('as semcrc writes them, as the authors do, and as a name with its role behind it', () => {
    const ours = ['lower', 'upper', 'point', 'segmentation', 'body', 'ct'].map(
      (name) => `case/${name}.nii.gz`,
    );
    const { roles, missing, ambiguous, unknown } = sortDropped(ours);
    expect(roles).toEqual({
      lower: 'case/lower.nii.gz',
      upper: 'case/upper.nii.gz',
      point: 'case/point.nii.gz',
      segmentation: 'case/segmentation.nii.gz',
      body: 'case/body.nii.gz',
      truth: 'case/ct.nii.gz',
    });
    expect([missing, ambiguous, unknown]).toEqual([[], [], []]);
    const theirs = [
      'q_lo.nii.gz',
      'q_hi.nii.gz',
      'mmse.nii.gz',
      'segmentation/suprem/0001/combined_labels.nii.gz',
    ];
    expect(sortDropped(theirs).roles).toEqual({
      lower: 'q_lo.nii.gz',
      upper: 'q_hi.nii.gz',
      point: 'mmse.nii.gz',
      segmentation: 'segmentation/suprem/0001/combined_labels.nii.gz',
    });
    expect(sortDropped(['patient7.seg.nii.gz', 'patient7_lower.nii']).roles).toEqual({
      segmentation: 'patient7.seg.nii.gz',
      lower: 'patient7_lower.nii',
    });
  });

  it('folders of masks and of draws count as one, what is missing is said, and who claims a role twice is asked', () => {
    const sorted = sortDropped([
      'segmentation/liver.nii.gz',
      'segmentation/spleen.nii.gz',
      'samples/0.nii.gz',
      'samples/1.nii.gz',
      'a/lower.nii.gz',
      'b/lower.nii.gz',
      'notes.txt',
      'calibration.json',
    ]);
    expect(sorted.roles).toEqual({ segmentation: 'segmentation', samples: 'samples' });
    expect(sorted.ambiguous).toEqual([{ role: 'lower', paths: ['a/lower.nii.gz', 'b/lower.nii.gz'] }]);
    expect(sorted.missing).toEqual(['upper']);
    expect(sorted.calibrations).toEqual(['calibration.json']);
    expect(sorted.unknown).toEqual(['notes.txt']);
  });

  it('a prepared cohort is the folder of the topmost zarr.json, or a zip; its files are no others', () => {
    const store = ['c.zarr/zarr.json', 'c.zarr/truth/zarr.json', 'c.zarr/truth/c/0/0/0/0'];
    expect(sortDropped(store)).toMatchObject({
      store: { kind: 'folder', path: 'c.zarr' },
      unknown: [],
      calibrations: [],
    });
    expect(sortDropped(['c.zip']).store).toEqual({ kind: 'zip', path: 'c.zip' });
    expect(sortDropped(['x.nii']).store).toBeNull();
    expect(sortDropped(['a.profiles', 'sites/b.profiles', 'x.nii']).profiles).toEqual([
      'a.profiles',
      'sites/b.profiles',
    ]);
  });
});

describe('a cohort among dropped files', () => {
  const files = (...paths: string[]) => paths.map((path) => ({ path, file: new Blob() }));

  it('is refused with all names where several were dropped', () => {
    expect(cohortIn(files('a.zip', 'notes.txt'))).toMatchObject({
      kind: 'dropped',
      cohort: { name: 'a.zip' },
    });
    for (const [one, other] of [
      ['a.zip', 'b.zip'],
      ['a.zarr/zarr.json', 'b.zip'],
      ['a.zarr/zarr.json', 'b.zarr/zarr.json'],
    ] as const) {
      expect(() => cohortIn(files(one, other))).toThrow(/^Several prepared cohorts .*a\.z.*b\.z/);
    }
  });
});

describe('an ε stands at', () => {
  const knots = [0.02, 0.03, 0.1].map((epsilon) => ({
    epsilon,
    status: 'calibrated' as const,
    promised: false,
  }));

  it('the largest knot that is not above it', () => {
    expect([0.019, 0.02, 0.0299, 0.1 - 1e-15, 0.5].map((epsilon) => knotAt(knots, epsilon))).toEqual([
      -1, 0, 0, 2, 2,
    ]);
  });
});
