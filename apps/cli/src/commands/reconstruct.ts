import { resolve } from 'node:path';
import { turnToRas, windowIntensity } from '@semcrc/imaging';
import { checkOutput, readNifti } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { runReconstruction } from '@semcrc/runner/node';
import { incompleteSlices, type SinogramFacts } from '@semcrc/scanner';
import { openSinogram, volumeDigest } from '@semcrc/scanner/node';
import { Command, Option } from 'commander';
import type { Invocation } from '../invocation.ts';
import { addOptions, JSON_OUTPUT, QUIET, WORKERS } from '../options.ts';
import { checkOutsideOf } from '../output.ts';
import { facts as factsText } from '../table.ts';
import { SCANS, workInto } from '../work.ts';

interface ReconstructOptions {
  readonly volume?: string;
  readonly out?: string;
  readonly completeness?: string;
  readonly force?: boolean;
  readonly workers?: number;
}

const INPUT = [new Option('--volume <file>', 'refuse a sinogram that is not of this volume')];

const OUTPUT = [
  new Option('--out <file>', 'where the image is written, on the grid of the volume (default: fbp.nii.gz)'),
  new Option('--completeness <file>', 'where to write what share of its data each voxel had: 1 is all of it'),
  new Option('--force', 'replace files in those places; never one that is read'),
  WORKERS,
  QUIET,
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc reconstruct sinogram.zarr --out fbp.nii.gz
      started again after being killed, it goes on where it was
  semcrc reconstruct sinogram.zarr --volume ct.nii.gz --completeness complete.nii.gz`;

/** `semcrc reconstruct`: a sinogram → the image that filtered back-projection makes of it. */
export function reconstructCommand(invocation: Invocation): Command {
  const { terminal } = invocation;
  const command = new Command('reconstruct')
    .description(
      'Reconstruct a sinogram by filtered back-projection, in the values of the volume that was scanned.',
    )
    .argument('<sinogram>', 'made by `semcrc project`');
  addOptions(command, 'Input:', INPUT);
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (sinogram: string, options: ReconstructOptions) => {
    const { out = 'fbp.nii.gz', completeness, volume, force = false, workers } = options;
    const place = {
      path: resolve(out),
      completeness: completeness === undefined ? null : resolve(completeness),
    };
    if (place.path === place.completeness) {
      throw new SemcrcError('usage', `\`completeness\` is the file of \`out\`, ${out}; choose another`, {
        data: { options: ['completeness', 'out'] },
      });
    }
    const { facts } = await openSinogram(sinogram);
    const inputs = [sinogram, ...(volume === undefined ? [] : [volume])];
    for (const file of [place.path, place.completeness]) if (file !== null) checkPlace(file, inputs);
    if (volume !== undefined) await checkVolume(facts, sinogram, volume);
    const how = { executors: SCANS, workers, force, units: 'slabs' };
    await workInto(out, how, invocation, (work) => runReconstruction(sinogram, place, work));
    const ends = incompleteSlices(facts.geometry);
    const { shape } = facts.geometry;
    terminal.print(
      `${factsText([
        ['image', `${shape.join(' × ')} (slices × height × width), windowed intensity, not clipped`],
        [
          'incomplete',
          ends === 0 ? 'no slices' : `${ends === 1 ? '1 slice' : `${ends} slices`} at each end of the scan`,
        ],
      ])}\n\nwritten to ${place.path}`,
    );
    terminal.printJson({ path: out, completeness: completeness ?? null, incompleteSlices: ends, ...facts });
  });
}

/** Refuses a place that is read, or lies inside what is read. */
function checkPlace(file: string, inputs: readonly string[]): void {
  checkOutput(file, { inputs });
  checkOutsideOf(file, inputs);
  if (/\.nii(\.gz)?$/.test(file)) return;
  throw new SemcrcError('usage', `${file}: expected a name that ends in .nii or .nii.gz`, { data: { file } });
}

/** @throws SemcrcError `bad-input` when a sinogram is not of a volume */
async function checkVolume({ volume }: SinogramFacts, sinogram: string, file: string): Promise<void> {
  const turned = turnToRas((await readNifti(file)).volume);
  const scanned = volume.window === null ? turned : windowIntensity(turned, volume.window);
  if (volumeDigest(scanned) === volume.digest) return;
  throw new SemcrcError(
    'bad-input',
    `${sinogram} is not a sinogram of ${file}: it was made of ${volume.name}, whose voxels or place differ; project the volume again`,
    { data: { file: sinogram, volume: file } },
  );
}
