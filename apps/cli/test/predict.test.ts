import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeVolume } from '@semcrc/imaging';
import { readNifti, writeNifti } from '@semcrc/imaging/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrc, semcrcHere } from './command.ts';

const goldens = fileURLToPath(new URL('../../../packages/predict/test/goldens/networks/', import.meta.url));
const AFFINE = [-2, 0, 0, 20, 0, 2, 0, -10, 0, 0, 3, 5, 0, 0, 0, 1];
const SHAPE = [6, 20, 24] as const;
const SCANS = ['a', 'b', 'c', 'd'];

let root: string;
const at = (...parts: string[]): string => join(root, ...parts);

/** A golden network with a record beside it. */
function model(name: string, changes: Readonly<Record<string, unknown>>): string {
  const path = at(`${name}.onnx`);
  copyFileSync(join(goldens, `${name}.onnx`), path);
  const record = {
    ...{
      schema: 'semcrc/model@1',
      name,
      digest: createHash('sha256').update(readFileSync(path)).digest('hex'),
    },
    ...{ dimensions: 3, axes: 'zyx', patch: [16, 16, 8], overlap: 0.25, spacing: null, window: [-175, 250] },
    ...{ clip: false, input: 'image', output: 'values', training: {}, ...changes },
  };
  writeFileSync(at(`${name}.json`), JSON.stringify(record));
  return path;
}

const IMAGES = { task: 'denoising', channels: ['lower', 'point', 'upper'], alpha: 0.1 };
const ORGANS = { task: 'segmentation', scheme: 'suprem', labels: [0, 1, 6, 11], threshold: null };

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-predict-'));
  mkdirSync(at('scans'));
  const rows = ['scan,ground_truth,measurement,std,site'];
  for (const [number, scan] of SCANS.entries()) {
    const disk = (index: number): number => {
      const [x, y] = [(index % 24) - 12, (Math.floor(index / 24) % 20) - 10];
      return x * x + y * y < 90 ? 0.5 + ((index * (number + 3)) % 64) / 256 : 0;
    };
    const truth = Float32Array.from({ length: 6 * 20 * 24 }, (_, index) => -175 + 425 * disk(index));
    const measured = truth.map((value, index) => (value + 175) / 425 + ((index * 37) % 33) / 256 - 1 / 16);
    await writeNifti(at('scans', `${scan}-ct.nii.gz`), makeVolume(truth, SHAPE, AFFINE));
    await writeNifti(at('scans', `${scan}.nii.gz`), makeVolume(measured, SHAPE, AFFINE));
    rows.push(`${scan},scans/${scan}-ct.nii.gz,scans/${scan}.nii.gz,scans/${scan}.nii.gz,${number}`);
  }
  writeFileSync(at('manifest.csv'), `${rows.join('\n')}\n`);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const predict = (args: readonly string[]) =>
  semcrcHere(['predict', '--workers', '1', '--runtime', 'wasm', ...args]);

describe('semcrc predict', () => {
  test('predicts a manifest, then its organs, and calibrate reads what comes out', async () => {
    const images = await predict([
      '--model',
      model('shifted', IMAGES),
      '--input',
      at('manifest.csv'),
      '--out',
      at('p'),
    ]);
    expect(images.stderr).toContain(
      'note: the manifest leaves out std, which belong to an earlier prediction',
    );
    expect(images.stderr).toContain('note: ran on onnxruntime-web (WebAssembly)');
    expect(images.stdout).toContain('calibrate also needs segmentation');
    expect(images.code).toBe(0);
    expect(readFileSync(at('p', 'manifest.csv'), 'utf8').split('\n').slice(0, 2)).toEqual([
      'scan,ground_truth,measurement,site,lower,point,upper,body',
      'a,../scans/a-ct.nii.gz,../scans/a.nii.gz,0,scans/a/lower.nii.gz,scans/a/point.nii.gz,scans/a/upper.nii.gz,scans/a/body.nii.gz',
    ]);
    const { volume } = await readNifti(at('scans', 'a.nii.gz'));
    const lower = await readNifti(at('p', 'scans', 'a', 'lower.nii.gz'));
    expect(lower.volume.affine).toEqual(volume.affine);
    // Stored in steps of 1e-4.
    const off = lower.volume.data.reduce((most, value, index) => {
      const expected = Math.min(1, Math.max(0, volume.data[index] - 0.125));
      return Math.max(most, Math.abs(value - expected));
    }, 0);
    expect(off).toBeLessThan(5.1e-5);

    const organs = model('organs-3d', ORGANS);
    const labels = await predict(['--model', organs, '--input', at('p', 'manifest.csv'), '--out', at('s')]);
    expect(labels.stdout).toContain(`semcrc calibrate ${at('s', 'manifest.csv')} --labels suprem`);
    expect(labels.code).toBe(0);
    const sizes = [
      '--n-opt',
      '1',
      '--n-cal',
      '3',
      '--n-test',
      '1',
      '--epsilon',
      '0.5',
      '--anchor',
      'envelope',
    ];
    const calibrated = await semcrcHere([
      ...['calibrate', at('s', 'manifest.csv'), '--labels', 'suprem', ...sizes, '--out', at('c.json')],
    ]);
    expect(calibrated.stderr).not.toContain('error');
    expect(calibrated.code).toBe(0);
  });

  test('goes on where it stood, and gives way to another model only when told to', async () => {
    const args = ['--input', at('manifest.csv'), '--out', at('again')];
    const shifted = model('shifted', IMAGES);
    expect((await predict(['--model', shifted, ...args])).code).toBe(0);
    const kept = readFileSync(at('again', 'scans', 'b', 'point.nii.gz'));
    rmSync(at('again', 'scans', 'a', 'point.nii.gz'));
    const resumed = await predict(['--model', shifted, ...args, '--json']);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ scans: 4, kept: 3 });
    expect(existsSync(at('again', 'scans', 'a', 'point.nii.gz'))).toBe(true);
    const unet = model('unet-3d', { ...IMAGES, axes: 'xyz' });
    const refused = await predict(['--model', unet, ...args]);
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('or replace them with --force'),
    });
    expect(readFileSync(at('again', 'scans', 'b', 'point.nii.gz'))).toEqual(kept);
    expect((await predict(['--model', unet, ...args, '--force'])).code).toBe(0);
    expect(readFileSync(at('again', 'scans', 'b', 'point.nii.gz'))).not.toEqual(kept);
  });

  test('gives the same bytes with any number of workers, as a user runs it', () => {
    const unet = model('unet-3d', { ...IMAGES, axes: 'xyz' });
    const files = ['1', '2'].map((workers) => {
      const out = at(`workers-${workers}`);
      const args = ['--model', unet, '--input', at('manifest.csv'), '--runtime', 'wasm', '--out', out];
      const done = semcrc(['predict', ...args, '--workers', workers]);
      expect(done.stderr).not.toContain('error');
      expect(done.code).toBe(0);
      return SCANS.flatMap((scan) =>
        ['lower', 'point', 'upper', 'body'].map((name) =>
          readFileSync(join(out, 'scans', scan, `${name}.nii.gz`)),
        ),
      );
    });
    expect(files[1]).toEqual(files[0]);
  });

  test('predicts one volume with workers to spare', () => {
    const args = [
      '--model',
      model('shifted', IMAGES),
      '--input',
      at('scans', 'a.nii.gz'),
      '--out',
      at('spare'),
    ];
    const done = semcrc(['predict', ...args, '--runtime', 'wasm', '--workers', '3']);
    expect(done.stderr).not.toContain('error');
    expect(done.code).toBe(0);
  });

  test('predicts one volume into the folder itself, with the baseline, too', async () => {
    const input = at('scans', 'a.nii.gz');
    const done = await predict(['--model', 'baseline', '--input', input, '--out', at('one')]);
    expect(done.code).toBe(0);
    const { volume } = await readNifti(at('one', 'upper.nii.gz'));
    expect(volume.shape).toEqual(SHAPE);
    expect(readFileSync(at('one', 'manifest.csv'), 'utf8')).toBe(
      `scan,measurement,lower,point,upper,body\na,${input},lower.nii.gz,point.nii.gz,upper.nii.gz,body.nii.gz\n`,
    );
  });

  test('stands behind simulated cohorts as their predictor', async () => {
    const shifted = model('shifted', { ...IMAGES, patch: [16, 16, 4] });
    const out = at('simulated');
    const args = [
      '-n',
      '2',
      '--size',
      '32,32,4',
      '--spacing',
      '12,12,20',
      '--predictor',
      shifted,
      '--out',
      out,
    ];
    const done = await semcrcHere(['simulate', 'phantom', ...args, '--workers', '1']);
    expect(done.stderr).not.toContain('error');
    expect(done.code).toBe(0);
    const measured = await readNifti(join(out, 'scans', 'phantom-000', 'measurement.nii.gz'));
    const point = await readNifti(join(out, 'scans', 'phantom-000', 'point.nii.gz'));
    const off = point.volume.data.reduce((most, value, index) => {
      const expected = Math.min(1, Math.max(0, measured.volume.data[index]));
      return Math.max(most, Math.abs(value - expected));
    }, 0);
    // Both are stored in steps of 1e-4.
    expect(off).toBeLessThan(1.01e-4);
  });

  test('lists the models it brings', async () => {
    const { stdout } = await predict(['--list']);
    for (const name of ['baseline', 'denoising', 'fbp', 'organs']) expect(stdout).toContain(name);
  });

  test('predicts with a network that ships, by name, what simulate does with it', async () => {
    const simulate = (args: readonly string[]) =>
      semcrcHere(['simulate', 'phantom', '-n', '1', '--workers', '1', ...args]);
    const grid = ['--size', '40,36,3', '--spacing', '9,9,3'];
    const measured = at('measured');
    const done = await simulate([...grid, '--predictor', 'none', '--out', measured]);
    expect(done.code).toBe(0);
    expect(readFileSync(join(measured, 'manifest.csv'), 'utf8').split('\n')[0]).toBe(
      'scan,ground_truth,measurement,anatomy',
    );
    const args = ['--input', join(measured, 'manifest.csv'), '--out', at('by-name')];
    expect((await predict(['--model', 'denoising', ...args])).code).toBe(0);
    const whole = ['--predictor', 'denoising', '--segmenter', model('organs-3d', { ...ORGANS, axes: 'xyz' })];
    expect((await simulate([...grid, ...whole, '--out', at('whole')])).code).toBe(0);
    const [one, other] = await Promise.all(
      ['by-name', 'whole'].map((folder) => readNifti(at(folder, 'scans', 'phantom-000', 'lower.nii.gz'))),
    );
    // Runtimes agree within 1e-4, and images are stored in steps of it.
    const off = one.volume.data.map((value, index) => Math.abs(value - other.volume.data[index]));
    expect(Math.max(...off)).toBeLessThan(3.1e-4);
    const { volume } = await readNifti(at('whole', 'scans', 'phantom-000', 'segmentation.nii.gz'));
    expect([...new Set(volume.data)].every((label) => [0, 1, 6, 11].includes(label))).toBe(true);
  });

  test('names organs with the network that ships, by name, what simulate does with it', async () => {
    const grid = ['-n', '1', '--size', '92,76,4', '--spacing', '4,4,5', '--workers', '1'];
    const whole = ['--predictor', 'baseline', '--segmenter', 'organs', '--out', at('named')];
    expect((await semcrcHere(['simulate', 'phantom', ...grid, ...whole])).code).toBe(0);
    const args = ['--input', at('named', 'manifest.csv'), '--out', at('named-again')];
    expect((await predict(['--model', 'organs', ...args])).code).toBe(0);
    const [one, other, truth] = await Promise.all(
      [
        at('named', 'scans', 'phantom-000', 'segmentation.nii.gz'),
        at('named-again', 'scans', 'phantom-000', 'segmentation.nii.gz'),
        at('named', 'scans', 'phantom-000', 'anatomy.nii.gz'),
      ].map((file) => readNifti(file)),
    );
    // The second sees the point in steps of 1e-4, perhaps on another runtime: where two channels are nearly equal, either may win.
    const apart = one.volume.data.reduce(
      (count, label, index) => count + Number(label !== other.volume.data[index]),
      0,
    );
    expect(apart / one.volume.data.length).toBeLessThan(5e-3);
    // The liver, on a grid that is not the network's: its voxels are where the truth has them.
    const LIVER = 6;
    let [said, is, both] = [0, 0, 0];
    for (const [index, label] of truth.volume.data.entries()) {
      const found = other.volume.data[index];
      said += Number(found === LIVER);
      is += Number(label === LIVER);
      both += Number(found === LIVER && label === LIVER);
    }
    expect((2 * both) / (said + is)).toBeGreaterThan(0.7);
  });

  test.each([
    [
      'a network of the other task',
      ['--predictor', 'fbp'],
      '--predictor: fbp is for reconstruction, but the task is denoising',
    ],
    ['a segmenter that predicts images', ['--segmenter', 'fbp'], '--segmenter: fbp predicts images'],
    [
      'patients that the network learned from',
      ['--predictor', 'denoising', '--seed', '1066001'],
      '--predictor: denoising learned from the phantoms of seed 1066001; draw others by another --seed',
    ],
    [
      'patients that the segmenter learned from',
      ['--segmenter', 'organs', '--seed', '1066001'],
      '--segmenter: organs learned from the phantoms of seed 1066001; draw others by another --seed',
    ],
    ['a predictor that names organs', ['--predictor', 'organs'], '--predictor: organs names organs'],
    [
      'a segmenter where nothing is predicted',
      ['--predictor', 'none', '--segmenter', 'stand-in'],
      'the predictor is none',
    ],
    [
      'a layout of predictions where nothing is predicted',
      ['--predictor', 'none', '--layout', 'store'],
      '--layout store holds predictions, and --predictor none makes none',
    ],
  ])('simulate refuses %s', async (_, args, message) => {
    const out = at('refused-simulation');
    const grid = ['--size', '32,32,2', '--spacing', '12,12,20'];
    const ended = await semcrcHere(['simulate', 'phantom', '-n', '1', ...grid, ...args, '--out', out]);
    expect(ended.stderr).toContain(message);
    expect(ended.code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });

  describe('ends with one sentence', () => {
    const refused = async (
      args: readonly string[],
      code: number,
      message: string | RegExp,
    ): Promise<void> => {
      const out = at('refused');
      const ended = await predict([...args, '--out', out]);
      expect(ended.stderr).toMatch(message);
      expect(ended.stderr).not.toContain('    at ');
      expect(ended.code).toBe(code);
      expect(existsSync(join(out, 'manifest.csv'))).toBe(false);
      rmSync(out, { recursive: true, force: true });
    };
    const scan = (): string => at('scans', 'a.nii.gz');

    test('without a model, or an input', async () => {
      await refused(['--input', scan()], 2, '--model names the network that predicts');
      await refused(['--model', 'baseline'], 2, '--input names the volume or manifest');
    });
    test('for a model that is not there, has no record, or is no ONNX file', async () => {
      await refused(['--model', at('none.onnx'), '--input', scan()], 3, 'none.onnx');
      copyFileSync(join(goldens, 'ramp.onnx'), at('alone.onnx'));
      await refused(['--model', at('alone.onnx'), '--input', scan()], 3, /alone\.onnx: expected its record/);
      const changed = model('shifted', IMAGES);
      writeFileSync(changed, 'no network');
      await refused(['--model', changed, '--input', scan()], 3, 'shifted.onnx: expected an ONNX model');
    });
    test('for HU where values of the window were said, and a column that is not there', async () => {
      const shifted = model('shifted', IMAGES);
      await refused(
        ['--model', shifted, '--input', at('scans', 'a-ct.nii.gz')],
        3,
        'for HU choose --units hu',
      );
      await refused(
        ['--model', shifted, '--input', at('manifest.csv'), '--column', 'noisy'],
        3,
        'missing column noisy',
      );
    });
    test('for a folder that holds something else, which stays', async () => {
      mkdirSync(at('mine'));
      writeFileSync(at('mine', 'thesis.txt'), 'dear');
      const ended = await predict(['--model', 'baseline', '--input', scan(), '--out', at('mine'), '--force']);
      expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('which stay') });
      expect(readFileSync(at('mine', 'thesis.txt'), 'utf8')).toBe('dear');
    });
  });
});
