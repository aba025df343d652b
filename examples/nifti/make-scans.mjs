// Writes phantom scans as NIfTI files: 40 labelled ones with a manifest in FOLDER/scans, and a new one in FOLDER/new.
//   node make-scans.mjs FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeVolume } from '@semcrc/imaging';
import { writeNifti } from '@semcrc/imaging/node';
import { drawPhantom, phantomAcquisition } from '@semcrc/simulate';

const folder = process.argv[2];
if (!folder) throw new Error('usage: node make-scans.mjs FOLDER');
const model = { seed: 7, shape: [4, 64, 64], organs: 'nine' };
const affine = [6, 0, 0, -189, 0, 6, 0, -189, 0, 0, 47, 0, 0, 0, 0, 1]; // four slices far apart, pixels of 6 mm

/** @param {number} index @param {string} into a folder; a scan's prediction, and its truth where `labelled` */
async function writeScan(index, into, labelled) {
  const { truth, lower, point, upper, organs, shape } = await drawPhantom(model, index, phantomAcquisition());
  const image = (values) => makeVolume(values, shape, affine);
  const hounsfield = truth.map((value) => Math.round(value * 425 - 175)); // what the window took away stays at its ends
  // A group is an organ's number in SuPreM plus one; 1 is body, 0 background.
  const segmentation = Uint16Array.from(organs, (organ) => (organ > 1 ? organ - 1 : 0));
  const body = Uint16Array.from(organs, (organ) => (organ > 0 ? 1 : 0));
  mkdirSync(into, { recursive: true });
  if (labelled) await writeNifti(path.join(into, 'ct.nii.gz'), image(hounsfield), { datatype: 'int16' });
  await writeNifti(path.join(into, 'lower.nii.gz'), image(lower));
  await writeNifti(path.join(into, 'upper.nii.gz'), image(upper));
  await writeNifti(path.join(into, 'point.nii.gz'), image(point));
  await writeNifti(path.join(into, 'segmentation.nii.gz'), image(segmentation));
  await writeNifti(path.join(into, 'body.nii.gz'), image(body));
}

const columns = {
  ground_truth: 'ct',
  lower: 'lower',
  upper: 'upper',
  segmentation: 'segmentation',
  point: 'point',
  body: 'body',
};
const lines = [['scan', ...Object.keys(columns)].join(',')];
for (let index = 0; index < 40; index++) {
  const scan = `scan-${String(index).padStart(2, '0')}`;
  await writeScan(index, path.join(folder, 'scans', scan), true);
  lines.push([scan, ...Object.values(columns).map((name) => `${scan}/${name}.nii.gz`)].join(','));
}
writeFileSync(path.join(folder, 'scans', 'manifest.csv'), `${lines.join('\n')}\n`);
await writeScan(40, path.join(folder, 'new'), false);
