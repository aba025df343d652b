import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { beginStore, finishStore, openStore, writeScan } from '../src/node.ts';
import { arrayOf } from '../src/store/format.ts';
import { kept, planOf, randomSample } from './random-cohort.ts';

/** The interpreter that has zarr: $SEMCRC_PYTHON, else whatever python3 is. */
const PYTHON = process.env.SEMCRC_PYTHON ?? 'python3';

function zarrVersion(): string | undefined {
  try {
    return execFileSync(PYTHON, ['-c', 'import zarr; print(zarr.__version__)'], { stdio: 'pipe' })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

it('zarr-python reads what semcrc wrote, and semcrc reads what zarr-python writes', async (context) => {
  const version = zarrVersion();
  if (!version?.startsWith('3.')) {
    const reason = `${PYTHON} has ${version ? `zarr ${version}` : 'no zarr'}, expected zarr 3 (set SEMCRC_PYTHON)`;
    console.warn(`skipped: ${reason}`);
    return context.skip(reason);
  }
  const folder = mkdtempSync(join(tmpdir(), 'semcrc-zarr-'));
  try {
    const path = join(folder, 'ours.zarr');
    const plan = planOf(3);
    const samples = plan.ids.map((id, seed) => randomSample(id, [2, 6, 9], seed));
    await beginStore(path, plan);
    for (const sample of samples) await writeScan(path, sample.id, kept(sample));
    await finishStore(path);

    const script = resolve(import.meta.dirname, '../scripts/zarr-roundtrip.py');
    const copy = join(folder, 'theirs.zarr');
    const seen = JSON.parse(execFileSync(PYTHON, [script, path, copy], { stdio: 'pipe' }).toString());
    expect(seen.attributes).toMatchObject({
      schema: 'semcrc/cohort@1',
      scans: plan.ids,
      patients: plan.patients,
    });
    for (const name of ['truth', 'lower', 'upper', 'point', 'groups'] as const) {
      const all = Buffer.concat(
        samples.map((sample) => Buffer.from((arrayOf(sample, name) as Float32Array).buffer)),
      );
      expect(seen.arrays[name]).toMatchObject({
        shape: [3, 2, 6, 9],
        dtype: name === 'groups' ? 'uint8' : 'float32',
        fill: name === 'groups' ? '255' : 'nan',
        crc32: crc32(all),
      });
    }

    const theirs = await openStore(copy);
    expect(theirs.ids).toEqual(plan.ids);
    for (const sample of samples) {
      expect(await theirs.read(sample.id)).toEqual({ ...sample, mended: { clipped: 0, crossed: 0 } });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
