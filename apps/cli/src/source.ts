import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isProfileFile, readManifest, scanLayout } from '@semcrc/cohort/node';
import { PREPARING_DEFAULTS, type Preparing, type PreparingOptions } from '@semcrc/core';
import { kindOfResult } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import type { SourceHandle } from '@semcrc/runner';
import { PREPARING_FIELDS, type Settings } from './settings.ts';

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

/** How scans are made from files; null for what the source does not have. */
type PreparingChoice = {
  readonly [Name in keyof PreparingOptions]-?: Exclude<PreparingOptions[Name], undefined> | null;
};

/** A source as a config records it: everything that distinguishes it from another. */
export interface SourceChoice extends PreparingChoice, Layout {
  /** A path, or {@link PHANTOM}. */
  readonly source: string;
  /** Profile files that are taken together, `source` the first of them; absent for any other source. */
  readonly profiles?: readonly string[];
}

const { prepare: _, ...preparing } = PREPARING_FIELDS;
/** Settings of a paper's slices; all others say how files are read. */
const PAPER = ['spacing', 'slices', 'size', 'windowSlices', 'margin', 'leastLabelled', 'crop'] as const;
const READING = (Object.keys(preparing) as (keyof typeof preparing)[]).filter(
  (name) => !(PAPER as readonly string[]).includes(name),
);
const TREE = ['dataset', 'task', 'backbone', 'groundTruthLabels'] as const;

/**
 * Fills in what was not said about a source.
 *
 * @param how scans of files are made where `prepare` does not say
 * @param more profile files beside the source, to be taken together with it
 * @throws SemcrcError `usage` for options that this kind of source does not have, for a reversed window, and for several
 * sources that are not all profile files
 */
export function chooseSource(
  settings: Settings,
  how: Preparing['prepare'] = 'none',
  more: readonly string[] = [],
): SourceChoice {
  const { source = PHANTOM, layout = null, prepare = how } = settings;
  const profiles = profileFiles(source, more);
  const fromFiles = hasFiles(source);
  if (!fromFiles) {
    const kind =
      source === PHANTOM
        ? 'the phantom has no files'
        : `${source} ${profiles === null ? 'is prepared' : 'holds profiles'} already`;
    refuse(
      settings,
      [...READING, 'prepare', ...PAPER, 'layout', ...TREE],
      `says how files are read, but ${kind}`,
    );
  }
  if (layout === null) refuse(settings, TREE, 'chooses a part of a directory tree: it goes with `layout`');
  if (prepare === 'none')
    refuse(settings, PAPER, 'says how scans are prepared: it goes with `prepare` paper');
  const paper = fromFiles && prepare === 'paper';
  const choice = {
    source,
    ...(profiles === null ? {} : { profiles }),
    layout,
    dataset: settings.dataset ?? null,
    task: settings.task ?? null,
    backbone: settings.backbone ?? null,
    groundTruthLabels: settings.groundTruthLabels ?? false,
    prepare: fromFiles ? prepare : 'none',
    ...settingsOrDefaults(settings, READING),
    ...(paper ? settingsOrDefaults(settings, PAPER) : Object.fromEntries(PAPER.map((name) => [name, null]))),
  } as SourceChoice;
  const [lo, hi] = choice.window!;
  if (lo < hi) return choice;
  throw new SemcrcError('usage', `\`window\` goes from its lower end in HU to its upper, found ${lo},${hi}`, {
    data: { options: ['window'], window: [lo, hi] },
  });
}

/** The profile files that a source is made of; null where it is none. */
function profileFiles(source: string, more: readonly string[]): readonly string[] | null {
  const paths = [source, ...more];
  const other = paths.find((path) => !isProfileFile(path));
  if (other === undefined) return paths;
  if (more.length === 0) return null;
  throw new SemcrcError(
    'usage',
    `several sources are taken together where all are profile files, which ${other} is not: ` +
      'name one source, or profile each of them first (semcrc profile)',
    { data: { file: other } },
  );
}

/** What was said, else the default of the setting's schema; null where it has none. */
function settingsOrDefaults(
  settings: Settings,
  names: readonly (keyof typeof preparing)[],
): Record<string, unknown> {
  const defaults: Partial<Record<keyof typeof preparing, unknown>> = PREPARING_DEFAULTS;
  return Object.fromEntries(names.map((name) => [name, settings[name] ?? defaults[name] ?? null]));
}

/** The cohort of a choice, as the runner opens it. @throws SemcrcError `usage` for a folder that is no cohort. */
export function handleOf(choice: SourceChoice): SourceHandle {
  const { source, profiles } = choice;
  if (profiles !== undefined) return { kind: 'profiles', paths: profiles };
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
      `${source} has no scan files; name a manifest, or a directory tree with \`layout\``,
      { data: { options: ['layout'] } },
    );
  }
  if (!existsSync(source)) {
    throw new SemcrcError(
      'bad-input',
      `${source}: no such file or folder; name a manifest, a prepared cohort, a directory tree, or ${PHANTOM}`,
      { data: { file: source } },
    );
  }
  const ours = /\.json$/i.test(source) ? kindOfResult(source) : null;
  if (ours?.startsWith('semcrc/')) {
    throw new SemcrcError(
      'usage',
      `${source} is a result (${ours}), and no manifest of scans; \`semcrc report ${source}\` shows it`,
      { data: { file: source, found: ours } },
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
      `${source} is a folder, and no prepared cohort: name a manifest in it, or say how it is laid out with \`layout\``,
      { data: { options: ['layout'], file: source } },
    );
  }
  return { kind: 'manifest', path: source, options };
}

function fileOptions(choice: SourceChoice): PreparingOptions {
  const said = [...READING, 'prepare' as const, ...PAPER].map((name) => [name, choice[name]]);
  return Object.fromEntries(said.filter(([, value]) => value !== null));
}

/** Every file and folder that opening a handle reads: no result may take the place of one. */
export async function inputsOf(handle: SourceHandle): Promise<string[]> {
  if (handle.kind === 'phantom' || handle.kind === 'dropped' || handle.kind === 'dropped-profiles') return [];
  if (handle.kind === 'store') return [handle.path];
  if (handle.kind === 'profiles') return [...handle.paths];
  const { path, options } = handle;
  const { scans } = handle.kind === 'manifest' ? await readManifest(path) : scanLayout(path, handle.options);
  const files = scans.flatMap(({ scan: _, patient: __, site: ___, ...own }) => Object.values(own));
  // A tree is a folder that may hold results, too; its files are what must stay.
  const list = handle.kind === 'manifest' ? [path] : [];
  return [...list, ...(options.labels === undefined ? [] : [options.labels]), ...files];
}

/** Whether a path is a prepared cohort: a Zarr group, by its name or by what is in it. */
function isStore(path: string): boolean {
  return /\.zarr\/?$/.test(path) || existsSync(join(path, 'zarr.json'));
}

/** Whether a source's scans are read from files of theirs. */
export function hasFiles(source: string): boolean {
  return source !== PHANTOM && !isStore(source) && !isProfileFile(source);
}

/** Whether a path names a cohort rather than a single volume. */
export function isCohort(path: string, { layout }: Settings): boolean {
  return layout !== undefined || path === PHANTOM || /\.(csv|json)$/i.test(path) || isStore(path);
}

function refuse(settings: Settings, names: readonly (keyof Settings)[], reason: string): void {
  const given = names.find((name) => settings[name] !== undefined);
  if (given === undefined) return;
  throw new SemcrcError('usage', `\`${given}\` ${reason}`, {
    data: { options: [given, 'layout', 'prepare'] },
  });
}
