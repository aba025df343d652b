// Writes NIfTI files with @semcrc/imaging (built before) and what each must say, for check-written.py to read with
// nibabel:  node scripts/write-samples.mjs FOLDER && python scripts/check-written.py FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeVolume } from '@semcrc/imaging';
import { readNifti, writeNifti } from '@semcrc/imaging/node';

const folder = process.argv[2];
if (!folder) throw new Error('usage: node write-samples.mjs FOLDER');
mkdirSync(folder, { recursive: true });
const goldens = fileURLToPath(new URL('../test/goldens/reading/', import.meta.url));
const written = [];

async function add(file, volume, options = {}) {
  await writeNifti(join(folder, file), volume, options);
  const { header } = options.template ? { header: options.template } : {};
  written.push({
    file,
    shape: [...volume.shape].reverse(),
    affine: volume.affine,
    values: [...volume.data],
    datatype: options.datatype ?? (volume.data instanceof Uint16Array ? 'uint16' : 'float32'),
    tolerance: options.slope ? Math.abs(options.slope) / 2 : 0,
    version: volume.shape.some((n) => n > 32767) ? 2 : 1,
    qformCode: header?.qform.code ?? 0,
    sformCode: header?.sform.code ?? 2,
    extensions: (header?.extensions ?? []).map(({ code, content }) => ({
      code,
      text: new TextDecoder().decode(content).replace(/\0+$/, ''),
    })),
  });
}

const affine = [-0.75, 0, 0.125, 90.5, 0, -0.75, 0, 120.25, 0, 0.5, 2.5, -300, 0, 0, 0, 1];
const shape = [4, 3, 5];
const integers = Float32Array.from({ length: 60 }, (_, i) => i - 30);
const images = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i));
for (const datatype of ['int8', 'int16', 'int32', 'int64', 'float32', 'float64']) {
  await add(`${datatype}.nii`, makeVolume(integers, shape, affine), { datatype });
}
for (const datatype of ['uint8', 'uint16', 'uint32', 'uint64']) {
  await add(`${datatype}.nii.gz`, makeVolume(integers.map(Math.abs), shape, affine), { datatype });
}
await add('image.nii.gz', makeVolume(images, shape, affine));
await add(
  'labels.nii.gz',
  makeVolume(
    Uint16Array.from({ length: 60 }, (_, i) => i * 7),
    shape,
    affine,
  ),
);
await add('scaled.nii.gz', makeVolume(images, shape, affine), { datatype: 'int16', slope: 1e-4, inter: 0.5 });
await add(
  'long.nii.gz',
  makeVolume(
    new Float32Array(40000).map((_, i) => i),
    [1, 1, 40000],
    affine,
  ),
);
for (const name of ['no-forms', 'qform', 'qform-flipped', 'both-forms', 'extensions-be']) {
  const { header, volume } = await readNifti(join(goldens, `${name}.nii`));
  await add(`kept-${name}.nii.gz`, volume, { template: header });
}
writeFileSync(join(folder, 'written.json'), JSON.stringify(written));
process.stdout.write(`${written.length} files written to ${folder}\n`);
