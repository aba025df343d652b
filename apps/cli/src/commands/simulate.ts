import { resolve } from 'node:path';
import {
  defaultWorkers,
  estimateSimulation,
  runSimulation,
  type SimulationOutput,
  type SimulationSummary,
} from '@semcrc/runner/node';
import { Command } from 'commander';
import type { Invocation } from '../invocation.ts';
import { addOptions } from '../options.ts';
import { SIMULATE_OPTIONS, type SimulateOptions, specOf } from '../simulation-options.ts';
import { facts } from '../table.ts';
import { SIMULATIONS, workInto } from '../work.ts';

const EXAMPLES = `
Examples:
  semcrc simulate phantom -n 160 --size 128,128,64 --spacing 3,3,3 --out phantoms
  semcrc simulate warp --template ct.nii.gz --segmentation seg.nii.gz --labels totalsegmentator -n 300 --out warps
      interrupted, the same line goes on where it was
  semcrc calibrate warps/manifest.csv --labels suprem --prepare paper
      for short scans add --window-slices 16 --margin 4 --least-labelled 0 --size 128,128
  semcrc simulate phantom -n 160 --size 128,128,64 --spacing 3,3,3 --task reconstruction --out fbp
      the paper's second task: a helical scan with photon noise, filtered back-projection
  semcrc simulate phantom -n 10000 --out phantoms --part 3/100
      the third of a hundred parts; once all are done, semcrc merge phantoms
  semcrc simulate phantom --dry-run`;

/** `semcrc simulate`: cohorts to try everything on. */
export function simulateCommand(invocation: Invocation): Command {
  const { terminal } = invocation;
  const command = new Command('simulate')
    .description('Make a cohort: phantoms or warps of labelled CTs, measured, predicted and segmented.')
    .argument('<patients>', 'phantom, or warp');
  for (const [heading, options] of Object.entries(SIMULATE_OPTIONS)) addOptions(command, heading, options);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (kind: string, options: SimulateOptions) => {
    const { out = 'simulated', layout = 'manifest', dryRun = false, force = false, workers, part } = options;
    const spec = specOf(kind, options);
    const output: SimulationOutput = { path: out, format: layout };
    if (dryRun) {
      const estimate = await estimateSimulation(spec, output);
      const cores = workers ?? defaultWorkers();
      const seconds = estimate.preparing + (estimate.perScan * estimate.scans) / cores;
      terminal.print(
        facts([
          ['scans', String(estimate.scans)],
          ['time', `about ${duration(seconds)} on ${cores === 1 ? 'one worker' : `${cores} workers`}`],
          ['size', `about ${size(estimate.bytesPerScan * estimate.scans)}`],
        ]),
      );
      terminal.printJson({
        ...estimate,
        workers: cores,
        seconds,
        bytes: estimate.bytesPerScan * estimate.scans,
      });
      return;
    }
    const how = { executors: SIMULATIONS, workers, force, part, units: 'scans' };
    const summary = await workInto(out, how, invocation, (work) => runSimulation(spec, output, work));
    terminal.print(facts(simulationFacts(summary)));
    terminal.print(`\nwritten to ${resolve(out)}`);
    terminal.printJson(summary);
  });
}

/** What a simulation made, by name. */
export function simulationFacts({
  scans,
  kept,
  f1,
  coverage,
  psnr,
  manifest,
}: SimulationSummary): [string, string][] {
  const rows: [string, string][] = [
    ['scans', kept === 0 ? String(scans) : `${scans}, ${kept} of them made before`],
  ];
  if (f1)
    rows.push([
      'F1 of the segmentation',
      `${f1.mean.toFixed(2)} ± ${f1.sd.toFixed(2)} (mean over organs, over scans)`,
    ]);
  if (coverage !== null)
    rows.push(['inside the intervals', `${(100 * coverage).toFixed(1)} % of the body, before calibration`]);
  if (psnr !== null) rows.push(['PSNR of the point', `${psnr.toFixed(1)} dB in the body`]);
  if (manifest) rows.push(['read with', `semcrc calibrate ${manifest} --labels suprem`]);
  return rows;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
