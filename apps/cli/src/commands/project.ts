import { resolve } from 'node:path';
import { abdomenWindow, turnToRas, type Vector3, type Volume, windowIntensity } from '@semcrc/imaging';
import { readNifti } from '@semcrc/imaging/node';
import { runProjection } from '@semcrc/runner/node';
import {
  checkScannable,
  type Geometry,
  incompleteSlices,
  limitsMet,
  type Noise,
  planFan,
  planHelix,
  planParallel,
  type SinogramFacts,
  truncatedShare,
} from '@semcrc/scanner';
import { volumeDigest } from '@semcrc/scanner/node';
import { Command, Option } from 'commander';
import { Type } from 'typebox';
import type { Invocation } from '../invocation.ts';
import { addOptions, JSON_OUTPUT, QUIET, WORKERS } from '../options.ts';
import { checkOutsideOf } from '../output.ts';
import { schemaOption } from '../schema-option.ts';
import { facts as factsText } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { SCANS, workInto } from '../work.ts';

interface ProjectOptions {
  readonly geometry?: Geometry['kind'];
  readonly turns?: number;
  readonly maxAngles?: number;
  readonly maxDetector?: readonly [number, number];
  readonly sourceRadius?: number;
  readonly detectorRadius?: number;
  readonly physical?: boolean;
  readonly noise?: Noise['kind'];
  readonly photons?: number;
  readonly attenuation?: number;
  readonly seed?: number;
  readonly units?: 'window' | 'hu';
  readonly window?: readonly [number, number];
  readonly out?: string;
  readonly force?: boolean;
  readonly workers?: number;
}

const count = (description: string, fallback: number) =>
  Type.Integer({ minimum: 1, maximum: 2 ** 20, default: fallback, description });
const length = (description: string, fallback: number) =>
  Type.Number({ exclusiveMinimum: 0, maximum: 1e6, default: fallback, description });
const pixels = Type.Integer({ minimum: 1, maximum: 2 ** 16 });

const GEOMETRY = [
  new Option('--geometry <word>', 'how the source moves (default: helix)').choices([
    'helix',
    'fan',
    'parallel',
  ]),
  schemaOption(
    'turns',
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 1e4,
      default: 8,
      description: 'Of a helix along the volume.',
    }),
  ),
  schemaOption('maxAngles', count('Views at most; fewer than the volume asks for streak.', 1000)),
  schemaOption(
    'maxDetector',
    Type.Tuple([pixels, pixels], { default: [512, 128], description: 'Columns and rows at most.' }),
    { value: 'columns,rows' },
  ),
  schemaOption(
    'sourceRadius',
    length('Of the source from the axis, in voxels (in mm with --physical).', 1000),
  ),
  schemaOption('detectorRadius', length('Of the detector from the axis.', 500)),
  new Option(
    '--physical',
    'scan in millimetres; without it a voxel is a cube of one unit, as the authors have it',
  ),
];

const NOISE = [
  new Option(
    '--noise <word>',
    "the authors' linear Poisson model, Beer and Lambert's, or none (default: poisson)",
  ).choices(['poisson', 'beer-lambert', 'none']),
  schemaOption(
    'photons',
    Type.Number({ exclusiveMinimum: 0, maximum: 1e12, default: 1000, description: 'Of the brightest ray.' }),
  ),
  schemaOption('attenuation', length('Per mm of a voxel of 1, for beer-lambert.', 0.02)),
  schemaOption(
    'seed',
    Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, default: 0, description: 'Of the noise.' }),
  ),
];

const INPUT = [
  new Option('--units <word>', 'of the volume: windowed intensity, or HU (default: window)').choices([
    'window',
    'hu',
  ]),
  schemaOption(
    'window',
    Type.Tuple([Type.Number(), Type.Number()], {
      default: [...abdomenWindow],
      description: 'HU that become 0 and 1.',
    }),
    { value: 'lo,hi' },
  ),
];

const OUTPUT = [
  new Option('--out <folder>', 'where the sinogram is written, a Zarr group (default: sinogram.zarr)'),
  new Option('--force', 'replace a sinogram of another volume or options in that place'),
  WORKERS,
  QUIET,
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc project ct.nii.gz --units hu
      as the paper's authors scan: 8 turns, at most 1000 views of 512 × 128 pixels, 1000 photons
  semcrc project volume.nii.gz --geometry fan --max-angles 720 --noise none --out fan.zarr
  semcrc project ct.nii.gz --units hu --physical --noise beer-lambert --photons 100000
  semcrc reconstruct sinogram.zarr --out fbp.nii.gz`;

/** `semcrc project`: a volume → its sinogram. */
export function projectCommand(invocation: Invocation): Command {
  const { terminal } = invocation;
  const command = new Command('project')
    .description('Scan a volume: line integrals along a helix, fan or parallel beam, with photon noise.')
    .argument('<volume>', 'what is scanned, all of its slices (.nii, .nii.gz)');
  addOptions(command, 'Geometry:', GEOMETRY);
  addOptions(command, 'Noise:', NOISE);
  addOptions(command, 'Volume:', INPUT);
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (file: string, options: ProjectOptions) => {
    const { out = 'sinogram.zarr', force = false, workers } = options;
    const path = resolve(out);
    checkOutsideOf(path, [file]);
    const read = await readNifti(file);
    const { volume, window } = intensities(read.volume, file, options);
    const geometry = geometryOf(volume, options);
    noteGeometry(terminal, volume, geometry, options);
    const facts: SinogramFacts = {
      geometry,
      noise: noiseOf(volume, options),
      volume: {
        name: file,
        digest: volumeDigest(volume),
        affine: volume.affine,
        source: { shape: read.volume.shape, affine: read.volume.affine },
        window,
      },
    };
    const how = { executors: SCANS, workers, force, units: 'blocks of views' };
    const state = await workInto(out, how, invocation, (work) =>
      runProjection(volume.data, facts, path, work),
    );
    const { views, columns, rows } = geometry;
    terminal.print(
      state === 'unchanged'
        ? `${path} holds this sinogram already, of the same volume and options`
        : `${factsText([
            ['geometry', `${geometry.kind}, ${views} views of ${columns} × ${rows} (columns × rows)`],
            ['noise', facts.noise.kind],
          ])}\n\nwritten to ${path}`,
    );
    terminal.printJson({ path: out, state, ...facts });
  });
}

/** The volume in RAS order as windowed intensities. */
function intensities(
  file: Volume,
  name: string,
  { units = 'window', window = abdomenWindow }: ProjectOptions,
): { readonly volume: Volume; readonly window: readonly [number, number] | null } {
  const turned = turnToRas(file);
  if (units === 'window') {
    checkScannable(turned, name);
    return { volume: turned, window: null };
  }
  const volume = windowIntensity(turned, window);
  checkScannable(volume, name);
  return { volume, window };
}

function geometryOf({ shape, spacing }: Volume, options: ProjectOptions): Geometry {
  const {
    geometry = 'helix',
    physical = false,
    turns,
    maxAngles,
    maxDetector,
    sourceRadius,
    detectorRadius,
  } = options;
  const plan = { helix: planHelix, fan: planFan, parallel: planParallel }[geometry];
  return plan(shape, {
    ...(turns === undefined ? {} : { turns }),
    ...(maxAngles === undefined ? {} : { maxViews: maxAngles }),
    ...(maxDetector === undefined ? {} : { maxColumns: maxDetector[0], maxRows: maxDetector[1] }),
    ...(sourceRadius === undefined ? {} : { sourceRadius }),
    ...(detectorRadius === undefined ? {} : { detectorRadius }),
    ...(physical ? { voxelSize: spacing } : {}),
  });
}

function noiseOf({ spacing }: Volume, options: ProjectOptions): Noise {
  const { noise = 'poisson', photons = 1000, attenuation = 0.02, seed = 0, physical = false } = options;
  if (noise === 'none') return { kind: 'none' };
  if (noise === 'poisson') return { kind: 'poisson', photons, seed };
  // Rays run nearly in the plane: this is the length of one unit there, in mm.
  const millimetres = physical ? 1 : Math.sqrt(spacing[0] * spacing[1]);
  return { kind: 'beer-lambert', photons, attenuation: attenuation * millimetres, seed };
}

const SLIGHT = 1e-3;

function isCube([x, y, z]: Vector3): boolean {
  return Math.abs(x - y) <= SLIGHT * x && Math.abs(x - z) <= SLIGHT * x;
}

/** Says what the scan cannot see, or sees less of. */
function noteGeometry(
  terminal: Terminal,
  volume: Volume,
  geometry: Geometry,
  { physical = false }: ProjectOptions,
): void {
  if (!physical && !isCube(volume.spacing)) {
    const sizes = volume.spacing.map((size) => Number(size.toFixed(3))).join(' × ');
    terminal.note(
      `note: voxels of ${sizes} mm are scanned as cubes, as the authors do; --physical scans in millimetres`,
    );
  }
  for (const { what, needed, has } of limitsMet(geometry)) {
    const effect = what === 'views' ? 'streaks are to be expected' : 'details blur';
    terminal.note(`note: ${has} ${what} where the volume asks for ${needed}: ${effect}`);
  }
  const outside = truncatedShare(volume, geometry);
  if (outside > 0) {
    terminal.note(
      `warning: ${(100 * outside).toPrecision(2)} % of the object lies outside the field of view: truncation makes a bright rim`,
    );
  }
  const ends = incompleteSlices(geometry);
  if (ends > 0) {
    terminal.note(`note: the first and last ${ends === 1 ? 'slice' : `${ends} slices`} of a helix miss data`);
  }
}
