import { layoutNames } from '@semcrc/cohort/node';
import { ExperimentPlan, PRESETS, PreparingOptions, ProcedureOptions } from '@semcrc/core';
import { Type } from 'typebox';

const { epsilons, procedures, runs, seed, nOpt, nCal, nTest } = ExperimentPlan.properties;
const { labels, extraLabels, window, predictionUnits, prepare, ...paperSlices } = PreparingOptions.properties;

/** The sets of method options that have a name. */
export const PRESET_NAMES = Object.keys(PRESETS) as (keyof typeof PRESETS)[];

const oneOf = <T extends string>(description: string, values: readonly T[]) =>
  Type.Unsafe<T>(Type.Enum([...values], { description }));

const sourceFields = {
  labels,
  extraLabels,
  layout: oneOf('How a directory tree is laid out.', layoutNames),
  dataset: Type.String({ description: 'Of a directory tree: the data set.' }),
  task: Type.String({ description: 'Of a directory tree: the task.' }),
  backbone: Type.String({ description: 'Of a directory tree: the segmentation model.' }),
  groundTruthLabels: Type.Boolean({ description: "Of a directory tree: take the data set's own labels." }),
  window,
  predictionUnits,
  prepare,
  ...paperSlices,
};

const methodFields = {
  epsilon: epsilons.items,
  nOpt,
  nCal,
  nTest,
  preset: oneOf('Sets anchor, backtrack, sides and strata where they are not given.', PRESET_NAMES),
  ...ProcedureOptions.properties,
};

const source = Type.String({
  description:
    'A manifest (.csv, .json), a prepared cohort or a directory tree, relative to this file; or phantom.',
  minLength: 1,
});

const fields = {
  source,
  ...sourceFields,
  procedures,
  runs,
  seed,
  ...methodFields,
};
const optionalFields = Type.Partial(Type.Object(fields)).properties;

/** Every setting of one experiment, none required: what the command line and a config file can say. */
export const settingsSchema = Type.Object(optionalFields, { additionalProperties: false });
export type Settings = Type.Static<typeof settingsSchema>;

/** A source of a grid, with what may set it apart from the others. */
const gridSource = Type.Union([
  source,
  Type.Object(
    {
      name: Type.Optional(
        Type.String({ description: 'What its folder is called.', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' }),
      ),
      source,
      ...Type.Partial(Type.Object(sourceFields)).properties,
    },
    { additionalProperties: false },
  ),
]);

const axes = Object.entries({ ...methodFields, seed, source: gridSource }).map(([name, values]) => [
  name,
  Type.Optional(Type.Array(values as Type.TSchema, { minItems: 1, uniqueItems: true })),
]);

/** The config file of `semcrc experiment`: settings, and a grid whose every combination becomes a folder. */
export const experimentFileSchema = Type.Object(
  {
    ...optionalFields,
    grid: Type.Optional(
      Type.Object(Object.fromEntries(axes), {
        additionalProperties: false,
        description: 'Axes of a grid: for each setting named, the list of its values.',
      }),
    ),
  },
  { $id: 'semcrc/experiment-config@1', title: 'semcrc experiment config', additionalProperties: false },
);
