import { layoutNames } from '@semcrc/cohort/node';
import { ExperimentPlan, PRESETS, PreparingOptions, ProcedureOptions } from '@semcrc/core';
import { Type } from 'typebox';

const { epsilons, options: _, ...plan } = ExperimentPlan.properties;

/** The sets of method options that have a name. */
const PRESET_NAMES = Object.keys(PRESETS) as (keyof typeof PRESETS)[];

const oneOf = <T extends string>(description: string, values: readonly T[]) =>
  Type.Unsafe<T>(Type.Enum([...values], { description }));

/** How scans are made from files. */
export const PREPARING_FIELDS = PreparingOptions.properties;

/** Which part of a directory tree is the cohort. */
export const LAYOUT_FIELDS = {
  layout: oneOf('The source is a directory tree laid out like this.', layoutNames),
  dataset: Type.String({ description: 'Of a directory tree: the data set, where it holds several.' }),
  task: Type.String({ description: 'Of a directory tree: the task, where the data set has several.' }),
  backbone: Type.String({
    description: 'Of a directory tree: the model that segmented the predictions, where there are several.',
  }),
  groundTruthLabels: Type.Boolean({ description: "Of a directory tree: take the data set's own labels." }),
};

/** What is calibrated, on which splits; one tolerance, since several are an axis of a grid. */
export const PLAN_FIELDS = { ...plan, epsilon: epsilons.items };

/** How it is calibrated. */
export const METHOD_FIELDS = {
  preset: oneOf(
    'Sets anchor, backtrack, sides, strata, shrink and recentre where they are not given; paper: gamma, line, one, none; shortest: envelope, path, two, learned:128, shrink; recentred: as shortest, around a corrected point in place of shrink.',
    PRESET_NAMES,
  ),
  ...ProcedureOptions.properties,
};

const source = Type.String({
  description:
    'A manifest (.csv, .json), a prepared cohort or a directory tree, relative to this file; or phantom.',
  minLength: 1,
});

const sourceFields = { ...PREPARING_FIELDS, ...LAYOUT_FIELDS };
const fields = { source, ...sourceFields, ...PLAN_FIELDS, ...METHOD_FIELDS };
const optionalFields = Type.Partial(Type.Object(fields)).properties;

/** Every setting of one experiment, none required: what the command line and a config file can say. */
export const settingsSchema = Type.Object(optionalFields, { additionalProperties: false });
export type Settings = Type.Static<typeof settingsSchema>;
export const SETTING_NAMES: readonly string[] = Object.keys(fields);

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

const { procedures: __, runs: ___, ...planAxes } = PLAN_FIELDS;
const axes = Object.entries({ ...planAxes, ...METHOD_FIELDS, source: gridSource }).map(([name, values]) => [
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
