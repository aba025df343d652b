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
    const bare = planOf(3);
    const plan = { ...bare, volumes: { ...bare.volumes, measurement: true } };
    const samples = plan.ids.map((id, seed) => randomSample(id, [2, 6, 9], seed));
    const measured = plan.ids.map((id, seed) => randomSample(id, [2, 6, 9], 50 + seed).truth);
    await beginStore(path, plan);
    for (const [at, sample] of samples.entries()) {
      await writeScan(path, sample.id, { ...kept(sample), measurement: measured[at] as Float32Array });
    }
    await finishStore(path);

    const script = resolve(import.meta.dirname, '../scripts/zarr-roundtrip.py');
    const copy = join(folder, 'theirs.zarr');
    const seen = JSON.parse(execFileSync(PYTHON, [script, path, copy], { stdio: 'pipe' }).toString());
    expect(seen.attributes).toMatchObject({
      schema: 'semcrc/cohort@1',
      scans: plan.ids,
      patients: plan.patients,
    });
    for (const name of ['truth', 'lower', 'upper', 'point', 'measurement', 'groups'] as const) {
      const all = Buffer.concat(
        samples.map((sample, at) =>
          Buffer.from((arrayOf({ sample, measurement: measured[at] }, name) as Float32Array).buffer),
        ),
      );
      expect(seen.arrays[name]).toMatchObject({
        shape: [3, 2, 6, 9],
        dtype: name === 'groups' ? 'uint8' : 'float32',
        fill: name === 'groups' ? '255' : 'nan',
        crc32: crc32(all),
      });
    }

    for (const kind of ['', '.sharded', '.blosc']) {
      const theirs = await openStore(`${copy}${kind}`);
      expect(theirs.ids).toEqual(plan.ids);
      for (const [at, sample] of samples.entries()) {
        expect(await theirs.read(sample.id)).toEqual({ ...sample, mended: { clipped: 0, crossed: 0 } });
        expect(await theirs.measurement?.(sample.id)).toEqual(measured[at]);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
