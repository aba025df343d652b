import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Preparing, PreparingRecord1 } from '@semcrc/core';
import { abdomenWindow, paperSliceRule } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { FileOptions, SourceHandle } from '@semcrc/runner';
import { flagOf } from './fault.ts';
import type { Settings } from './settings.ts';

/** The name of the built-in cohort on the command line and in config files. */
export const PHANTOM = 'phantom';

/** Which part of a directory tree is the cohort. */
export interface Layout {
  readonly layout: 'semantic-uq' | null;
  readonly dataset: string | null;
  readonly task: string | null;
  readonly backbone: string | null;
  readonly groundTruthLabels: boolean;
}

/** A source as a config holds it: everything that tells it from another. */
export interface SourceChoice extends Required<PreparingRecord1>, Layout {
  /** A path, or {@link PHANTOM}. */
  readonly source: string;
}

const READING = ['labels', 'extraLabels', 'window', 'predictionUnits', 'prepare'] as const;
const PAPER = ['spacing', 'slices', 'size', 'windowSlices', 'margin', 'leastLabelled'] as const;
const TREE = ['dataset', 'task', 'backbone', 'groundTruthLabels'] as const;

/**
 * Fills in what was not said about a source.
 *
 * @param preparing what scans of files are made of where `prepare` does not say
 * @throws SemcrcError `usage` for options that this kind of source does not have
 */
export function chooseSource(settings: Settings, preparing: Preparing['prepare'] = 'none'): SourceChoice {
  const { source = PHANTOM, layout = null, prepare = preparing } = settings;
  const fromFiles = hasFiles(source);
  if (!fromFiles) {
    const kind = source === PHANTOM ? 'the phantom has no files' : `${source} is prepared already`;
    refuse(settings, [...READING, ...PAPER, 'layout', ...TREE], `says how files are read, but ${kind}`);
  }
  if (layout === null) refuse(settings, TREE, 'chooses a part of a directory tree: it goes with --layout');
  if (prepare === 'none')
    refuse(settings, PAPER, 'says how scans are prepared: it goes with --prepare paper');
  const paper = fromFiles && prepare === 'paper';
  return {
    source,
    layout,
    dataset: settings.dataset ?? null,
    task: settings.task ?? null,
    backbone: settings.backbone ?? null,
    groundTruthLabels: settings.groundTruthLabels ?? false,
    prepare: fromFiles ? prepare : 'none',
    labels: settings.labels ?? null,
    extraLabels: settings.extraLabels ?? [],
    window: settings.window ?? abdomenWindow,
    predictionUnits: settings.predictionUnits ?? 'window',
    spacing: settings.spacing ?? null,
    slices: paper ? (settings.slices ?? 4) : null,
    size: paper ? (settings.size ?? [256, 256]) : null,
    windowSlices: paper ? (settings.windowSlices ?? paperSliceRule.length) : null,
    margin: paper ? (settings.margin ?? paperSliceRule.margin) : null,
    leastLabelled: paper ? (settings.leastLabelled ?? paperSliceRule.leastLabelled) : null,
  };
}

/**
 * The part of a choice that calibrations record: scans to come must be prepared the same way. Of a prepared cohort, what it
 * was prepared with.
 */
export function preparingOf(choice: SourceChoice, known?: Preparing): PreparingRecord1 {
  const { prepare, labels, extraLabels, window, predictionUnits, ...paper } = known ?? choice;
  const { spacing, slices, size, windowSlices, margin, leastLabelled } = paper;
  const read = { prepare, labels, extraLabels, window: window ?? choice.window, predictionUnits };
  return { ...read, spacing, slices, size, windowSlices, margin, leastLabelled };
}

/** The cohort of a choice, as the runner opens it. @throws SemcrcError `usage` for a folder that is no cohort. */
export function handleOf(choice: SourceChoice): SourceHandle {
  const { source } = choice;
  if (source === PHANTOM) return { kind: 'phantom' };
  if (isStore(source)) return { kind: 'store', path: source };
  return filesHandleOf(choice);
}

/** The cohort of a choice whose scans are files. @throws SemcrcError `usage` for any other. */
export function filesHandleOf(choice: SourceChoice): Extract<SourceHandle, { kind: 'manifest' | 'layout' }> {
  const { source, layout, dataset, task, backbone, groundTruthLabels } = choice;
  if (!hasFiles(source)) {
    throw new SemcrcError(
      'usage',
      `${source} has no scan files; name a manifest, or a directory tree with --layout`,
    );
  }
  const options = fileOptions(choice);
  if (layout !== null) {
    const part = {
      ...(dataset === null ? {} : { dataset }),
      ...(task === null ? {} : { task }),
      ...(backbone === null ? {} : { backbone }),
      groundTruthLabels,
    };
    return { kind: 'layout', layout, path: source, options: { ...options, ...part } };
  }
  if (statSync(source, { throwIfNoEntry: false })?.isDirectory()) {
    throw new SemcrcError(
      'usage',
      `${source} is a folder, and no prepared cohort: name a manifest in it, or say how it is laid out with --layout`,
      { data: { file: source } },
    );
  }
  return { kind: 'manifest', path: source, options };
}

function fileOptions(choice: SourceChoice): FileOptions {
  const { labels, extraLabels, window, predictionUnits, prepare, spacing, slices, size } = choice;
  const { windowSlices, margin, leastLabelled } = choice;
  const rule = { length: windowSlices!, margin: margin!, leastLabelled: leastLabelled! };
  return {
    ...(labels === null ? {} : { labels }),
    extraLabels,
    ...(window === null ? {} : { window }),
    predictionUnits,
    ...(prepare === 'paper' ? { paper: { spacing, rule, slices: slices!, size: size! } } : {}),
  };
}

/** Whether a path is a prepared cohort: a Zarr group, by its name or by what is in it. */
function isStore(path: string): boolean {
  return /\.zarr\/?$/.test(path) || existsSync(join(path, 'zarr.json'));
}

/** Whether a source's scans are read from files of theirs. */
export function hasFiles(source: string): boolean {
  return source !== PHANTOM && !isStore(source);
}

/** Whether a path names a cohort rather than a single volume. */
export function isCohort(path: string, { layout }: Settings): boolean {
  return layout !== undefined || path === PHANTOM || /\.(csv|json)$/i.test(path) || isStore(path);
}

function refuse(settings: Settings, names: readonly (keyof Settings)[], reason: string): void {
  const given = names.find((name) => settings[name] !== undefined);
  if (given === undefined) return;
  throw new SemcrcError('usage', `${flagOf(given)} ${reason}`, { data: { option: given } });
}
