// RTK on the same helix, where the Python of SEMCRC_PYTHON (or python3) has it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Rays and voxel-views a second; undefined where RTK is missing. */
export function runRtk() {
  const python = process.env.SEMCRC_PYTHON ?? 'python3';
  const script = fileURLToPath(new URL('rtk.py', import.meta.url));
  const run = spawnSync(python, [script], { encoding: 'utf8' });
  if (run.error || run.status === 3) return undefined;
  if (run.status !== 0) throw new Error(`rtk.py failed: ${run.stderr}`);
  return JSON.parse(run.stdout);
}
