import type { ScanNote } from '@semcrc/core';
import type { LabelScheme } from '@semcrc/imaging';
import { resolveLabelling } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { Command, Option } from 'commander';
import { type CohortFacts, cohortFacts } from '../cohort-facts.ts';
import { type Comparison, compareImages, compareSegmentations, counted } from '../comparison.ts';
import type { Invocation } from '../invocation.ts';
import { addOptions, addSourceOptions, JSON_OUTPUT, QUIET } from '../options.ts';
import type { Settings } from '../settings.ts';
import { chooseSource, handleOf, isCohort } from '../source.ts';
import { facts, figure, table } from '../table.ts';
import { type Intensity, type VolumeFacts, volumeFacts } from '../volume-facts.ts';
import { noteReading, openCohort } from '../work.ts';

interface InspectOptions extends Settings {
  readonly compare?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const COMPARE = new Option(
  '--compare',
  'agreement of two files: Dice (F1) by label of segmentations, PSNR and SSIM of images',
);

const EXAMPLES = `
Examples:
  semcrc inspect ct.nii.gz
  semcrc inspect combined_labels.nii.gz --labels suprem
  semcrc inspect manifest.csv --labels suprem
  semcrc inspect phantom
  semcrc inspect --compare segmentation-a.nii.gz segmentation-b.nii.gz --labels totalsegmentator
  semcrc inspect --compare truth.nii.gz prediction.nii.gz --window -175,250`;

/** `semcrc inspect`: what is in a NIfTI file or a cohort. */
export function inspectCommand({ terminal, signal }: Invocation): Command {
  const command = new Command('inspect')
    .description('Tell what is in a NIfTI file or a cohort: shapes, orientation, intensities, labels.')
    .argument(
      '<file>',
      'a NIfTI file (.nii, .nii.gz), or a cohort: manifest, prepared, directory tree, phantom',
    )
    .argument('[other]', 'a second NIfTI file of the same scan, with --compare');
  addSourceOptions(command);
  addOptions(command, 'Output:', [COMPARE, QUIET, JSON_OUTPUT]);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (file: string, other: string | undefined, options: InspectOptions) => {
    const { compare = false, json: _, quiet: __, ...settings } = options;
    if (compare !== (other !== undefined)) {
      throw new SemcrcError('usage', 'two files are compared with --compare; without it, inspect takes one');
    }
    if (isCohort(file, settings)) {
      const notes: ScanNote[] = [];
      const handle = handleOf(chooseSource({ ...settings, source: file }));
      const { cohort } = await openCohort(handle, terminal, (note) => notes.push(note));
      const progress = terminal.progress('scans', cohort.ids.length);
      const found = await cohortFacts(cohort, { signal, onScan: progress.update }).finally(() =>
        progress.stop(),
      );
      // The text counts what was mended.
      noteReading(terminal, { mended: { clipped: 0, crossed: 0 }, notes, look: found.look }, cohort, 'scan');
      terminal.print(cohortText(found));
      terminal.printJson(found);
      return;
    }
    const scheme = settings.labels === undefined ? null : (await resolveLabelling(settings.labels)).scheme;
    if (other !== undefined) {
      const compared = await compareFiles(file, other, scheme, settings);
      terminal.print(comparisonText(compared));
      terminal.printJson({ first: file, second: other, ...compared });
      return;
    }
    const found = await volumeFacts(file, scheme);
    terminal.print(volumeText(found));
    terminal.printJson(found);
  });
}

function volumeText(found: VolumeFacts): string {
  const { shape, spacing, obliqueDegrees, intensity, labels, extensions } = found;
  const pairs: [string, string][] = [
    ['file', found.file],
    ['format', found.format],
    ['data type', `${found.datatype}, value = ${found.slope} · stored + ${found.inter}`],
    ['shape', `${shape.join(' × ')} (x × y × z${shape.length > 3 ? ' × volumes' : ''})`],
    ['spacing', `${spacing.map((mm) => Number(mm.toFixed(4))).join(' × ')} mm`],
    [
      'orientation',
      `${found.orientation}, from the ${found.affineSource === 'base' ? 'sizes alone' : found.affineSource}` +
        (obliqueDegrees > 0 ? `, oblique by ${obliqueDegrees.toFixed(2)}°` : ''),
    ],
    ...[0, 1, 2].map((row): [string, string] => [
      row === 0 ? 'affine' : '',
      found.affine
        .slice(4 * row, 4 * row + 4)
        .map((value) => String(Number(value.toFixed(4))).padStart(10))
        .join(''),
    ]),
  ];
  for (const note of found.notes) pairs.push(['note', note]);
  if (found.description !== '') pairs.push(['description', found.description]);
  if (extensions.length > 0) {
    pairs.push([
      'extensions',
      extensions.map(({ code, bytes }) => `code ${code}, ${bytes} bytes`).join('; '),
    ]);
  }
  pairs.push(['intensity', intensity === null ? 'not read: several volumes' : intensityText(intensity)]);
  if (labels === null) return facts(pairs);
  const rows = labels.map(({ name, number, voxels }) => [name ?? '(no name)', number, voxels]);
  return `${facts(pairs)}\n\n${table(['label', 'number', 'voxels'], rows)}`;
}

function intensityText({ min, max, mean, percentiles, nan, infinite }: Intensity): string {
  const odd = [
    ...(nan > 0 ? [`${counted(nan)} NaN`] : []),
    ...(infinite > 0 ? [`${counted(infinite)} infinite`] : []),
  ];
  if (min === null || max === null || mean === null || percentiles === null) return odd.join(', ');
  const middle = `1% ${short(percentiles[1])}, 50% ${short(percentiles[50])}, 99% ${short(percentiles[99])}`;
  return [`${rangeText({ min, max, mean })} (${middle})`, ...odd].join('; ');
}

const short = (value: number): string => String(Number(value.toFixed(5)));

function rangeText({ min, max, mean }: { min: number; max: number; mean: number }): string {
  return `${short(min)} … ${short(max)}, mean ${short(mean)}`;
}

function cohortText({ name, patients, labels, scans, look }: CohortFacts): string {
  const shapes = new Map<string, number>();
  for (const { shape } of scans) shapes.set(shape.join(' × '), (shapes.get(shape.join(' × ')) ?? 0) + 1);
  const total = (pick: (scan: CohortFacts['scans'][number]) => number) =>
    scans.reduce((sum, scan) => sum + pick(scan), 0);
  const head = facts([
    ['cohort', `${name}: ${scans.length} scans of ${patients} patients`],
    [
      'shape',
      `${[...shapes].map(([shape, count]) => `${shape} (${count})`).join(', ')}, slices × height × width`,
    ],
    [
      'intensity',
      rangeText({
        min: Math.min(...scans.map(({ truth }) => truth.min)),
        max: Math.max(...scans.map(({ truth }) => truth.max)),
        mean: total(({ truth }) => truth.mean) / scans.length,
      }),
    ],
    ['background', `${Math.round(100 * look.background)}% of the voxels`],
    ['interval', `mean width ${figure(total(({ width }) => width) / scans.length)}`],
    ['outside', `${figure(total(({ outside }) => outside) / scans.length)} of the voxels, at λ = 0`],
    [
      'mended',
      `${total(({ clipped }) => clipped)} voxels clipped, ${total(({ crossed }) => crossed)} crossed and swapped`,
    ],
  ]);
  const organs = Object.entries(labels).map(([id, label]) => {
    const members = scans.filter(({ voxels }) => (voxels[id] ?? 0) > 0);
    const voxels = members.reduce((sum, scan) => sum + scan.voxels[id], 0);
    return [label, id, voxels, members.length];
  });
  const rows = scans.map(({ scan, patient, shape, truth, width, outside }) => [
    scan,
    patient,
    shape.join(' × '),
    figure(truth.mean),
    figure(width),
    figure(outside),
  ]);
  return [
    head,
    table(['label', 'id', 'voxels', 'scans'], organs),
    table(['scan', 'patient', 'shape', 'mean', 'width', 'outside'], rows),
  ].join('\n\n');
}

/** Segmentations where a scheme is asked for or both files hold labels; else images. */
async function compareFiles(
  first: string,
  second: string,
  scheme: LabelScheme | null,
  { window }: Settings,
): Promise<Comparison> {
  const holdLabels = async () =>
    (await volumeFacts(first, null)).labels !== null && (await volumeFacts(second, null)).labels !== null;
  if (scheme !== null || (await holdLabels())) return compareSegmentations(first, second, scheme);
  return compareImages(first, second, window ?? null);
}

function comparisonText(compared: Comparison): string {
  if (compared.kind === 'images') {
    const { range, equal, psnr, ssim, meanAbsoluteDifference: difference, nonFinite, notes } = compared;
    const same = nonFinite === 0 ? 'the images' : 'the finite voxels';
    const pairs: [string, string][] = [
      ['images', equal ? 'equal' : 'differ'],
      ['data range', String(Number(range.toPrecision(7)))],
    ];
    if (psnr !== null) pairs.push(['PSNR', `${psnr.toFixed(3)} dB`]);
    else if (difference === 0 && range > 0) pairs.push(['PSNR', `∞ dB: ${same} are equal`]);
    if (ssim !== null) pairs.push(['SSIM', ssim.toFixed(5)]);
    if (difference !== null)
      pairs.push(['difference', `${Number(difference.toPrecision(5))} on average, absolute`]);
    if (nonFinite > 0)
      pairs.push([
        'left out',
        `${nonFinite === 1 ? '1 voxel that is' : `${nonFinite} voxels that are`} NaN or infinite`,
      ]);
    return [facts(pairs), ...notes.map((note) => `note: ${note}`)].join('\n');
  }
  const rows = compared.labels.map(({ name, number, first, second, both, dice }) => [
    name ?? '(no name)',
    number,
    first,
    second,
    both,
    dice.toFixed(5),
  ]);
  return `${table(['label', 'number', 'first', 'second', 'both', 'Dice (F1)'], rows)}\n\nmean Dice ${compared.meanDice.toFixed(5)}`;
}
