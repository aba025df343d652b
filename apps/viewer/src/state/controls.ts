// What the page calls the options that messages of the libraries name.
import { PreparingOptions, ProcedureOptions } from '@semcrc/core';
import type { Page } from './store.ts';

/** Labels of the controls by the option that each sets. */
export const CONTROLS = {
  example: {},
  scan: {
    labels: 'Labels of the segmentation',
    predictionUnits: 'Unit of the predictions',
    lower: 'lower bound',
    upper: 'upper bound',
    segmentation: 'segmentation',
    point: 'point prediction',
    body: 'body mask',
    std: 'standard deviation',
    samples: 'samples',
  },
  cohort: {
    procedures: 'Procedure',
    epsilon: 'Tolerance, %',
    nOpt: 'Scans to optimize on',
    nCal: 'Scans to calibrate on, those included',
    nTest: 'Scans kept apart',
    seed: 'Seed of the split',
  },
} as const satisfies Readonly<Record<Page, Readonly<Record<string, string>>>>;

/** What notes may name. */
const OPTIONS = Object.keys({ ...PreparingOptions.properties, ...ProcedureOptions.properties });

/**
 * A message in which options stand as this page calls them, or as flags of the command where it has no control for them.
 *
 * @param options that libraries name in backquotes
 */
export function withControls(text: string, page: Page, options: readonly string[] = OPTIONS): string {
  const controls: Readonly<Record<string, string>> = CONTROLS[page];
  return [...new Set([...options, ...Object.keys(controls)])].reduce((told, name) => {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const called = Object.hasOwn(controls, name) ? `“${controls[name]}”` : `--${flag} of the command`;
    return told.replaceAll(`\`${name}\``, called);
  }, text);
}
