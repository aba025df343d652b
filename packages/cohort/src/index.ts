export {
  assignGroups,
  BACKGROUND,
  BODY,
  checkLabelTable,
  type Labelling,
  type LabelTable,
  NO_GROUP,
  organGroups,
} from './labelling.ts';
export {
  canonicalName,
  type LabelScheme,
  labelMapSchema,
  namedScheme,
  parseLabelMap,
  schemeNames,
} from './scheme.ts';
