import { type ApplyFiles, type FileAccess, pageAccess, type SlabOptions } from '@semcrc/cohort';
import type { Calibration } from '@semcrc/core';
import {
  abdomenWindow,
  assignLabels,
  type Labelling,
  type LabelScheme,
  namedScheme,
  schemeNames,
} from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { ReadingOptions, Role, ScanFiles } from './types.ts';

/** How the files of a scan are read for a calibration: as the command does where nothing is said. */
export function readingFor(calibration: Calibration, options: ReadingOptions): SlabOptions {
  const recorded = calibration.source.preparing;
  const { affineTolerance } = options;
  return {
    labelling: labellingFor(calibration, options),
    window: options.window ?? recorded.window ?? abdomenWindow,
    predictionUnits: options.predictionUnits ?? recorded.predictionUnits,
    ...(affineTolerance === undefined ? {} : { affineTolerance }),
  };
}

function labellingFor(calibration: Calibration, options: ReadingOptions): Labelling {
  const { labels: scheme, labelNames, extraLabels } = calibration.source.preparing;
  const extra = options.extraLabels ?? extraLabels;
  if (options.labels === undefined && scheme !== null && labelNames !== null) {
    return assignLabels(schemeOf(scheme, labelNames), extra);
  }
  const name = options.labels ?? scheme ?? undefined;
  const known = name === undefined ? undefined : namedScheme(name);
  if (known) return assignLabels(known, extra);
  throw new SemcrcError(
    'usage',
    `${name === undefined ? 'Say how the segmentation numbers its labels' : `${name} is no label scheme`}, ` +
      `with \`labels\`: ${schemeNames.join(', ')}`,
    { data: { options: ['labels'] } },
  );
}

function schemeOf(name: string, names: Readonly<Record<string, string>>): LabelScheme {
  const entries = Object.entries(names).map(([number, label]) => [Number(number), label] as const);
  return { name, names: new Map(entries.sort(([a], [b]) => a - b)) };
}

/** The files of a scan and where they lie. @throws SemcrcError `usage` naming what is missing */
export function filesOf({ roles, files }: ScanFiles): {
  readonly access: FileAccess;
  readonly files: ApplyFiles & { readonly truth?: string };
} {
  const needed: readonly Role[] = ['lower', 'upper', 'segmentation'];
  const missing = needed.filter((role) => roles[role] === undefined);
  if (missing.length > 0) {
    throw new SemcrcError(
      'usage',
      `A scan needs ${missing.map((role) => `\`${role}\``).join(', ')}; drop it, too`,
      {
        data: { options: missing, needs: missing },
      },
    );
  }
  // In the order in which the command lists them.
  const order = [...needed, 'point', 'body', 'std', 'samples', 'truth'] as const;
  const given = Object.fromEntries(
    order.flatMap((role) => (roles[role] === undefined ? [] : [[role, roles[role]]])),
  );
  return {
    access: pageAccess(files.map(({ path, file }) => [path, file] as const)),
    files: given as unknown as ApplyFiles & { readonly truth?: string },
  };
}
