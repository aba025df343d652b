import { readdirSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulationOutput } from './jobs.ts';
import { beginPlace, checkLayout } from './place.ts';
import { checkSpec, type SimulationSpec } from './spec.ts';
import { SimulationWorkbench } from './workbench.ts';

/** What a simulation will take, from one scan that is made on trial. */
export interface SimulationEstimate {
  readonly scans: number;
  /** Processor time in seconds for the stand-in's training, where there is any, and for each scan: other programs do not count. */
  readonly preparing: number;
  readonly perScan: number;
  readonly bytesPerScan: number;
}

/**
 * Makes one scan in a temporary folder to tell how long and how large a cohort would be; nothing is left of it.
 *
 * @throws SemcrcError as {@link runSimulation}.
 */
export async function estimateSimulation(
  spec: SimulationSpec,
  output: SimulationOutput,
): Promise<SimulationEstimate> {
  checkSpec(spec);
  checkLayout(spec, output);
  const folder = await mkdtemp(join(tmpdir(), 'semcrc-'));
  try {
    const trial: SimulationOutput = {
      path: join(folder, 'trial'),
      format: output.format === 'store' ? 'store' : output.format,
    };
    const bench = new SimulationWorkbench();
    const one = { ...spec, scans: Math.min(spec.scans, 2) };
    const begun = cpuSeconds();
    await bench.begin({ spec: one, output: trial });
    const plan = await bench.perform('plan', null);
    const planned = cpuSeconds();
    const session = { spec: one, output: trial, plan };
    await beginPlace(session, plan, 'keep', []);
    await bench.begin(session);
    // The first scan also warms the code up; the second tells the time.
    for (let index = 0; index < one.scans - 1; index++) await bench.perform('scan', index);
    const before = sizeOf(folder);
    const started = cpuSeconds();
    await bench.perform('scan', one.scans - 1);
    const ended = cpuSeconds();
    return {
      scans: spec.scans,
      preparing: planned - begun,
      perScan: ended - started,
      bytesPerScan: sizeOf(folder) - before,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
