import { expect, it } from 'vitest';
import * as cohort from '../src/index.ts';
import * as node from '../src/node.ts';

// The names others rely on. A change here is a change of the public face: say so in the changelog.
it('exports these names', () => {
  expect(Object.keys(cohort).sort()).toEqual([
    'BACKGROUND',
    'BODY',
    'NO_GROUP',
    'assignGroups',
    'cached',
    'canonicalName',
    'checkLabelTable',
    'labelMapSchema',
    'namedScheme',
    'organGroups',
    'parseLabelMap',
    'schemeNames',
  ]);
  expect(Object.keys(node).sort()).toEqual([
    'applyToFiles',
    'beginStore',
    'checkCohort',
    'finishStore',
    'layoutNames',
    'openLayout',
    'openManifest',
    'openPreparation',
    'openScans',
    'openStore',
    'parseManifest',
    'prepareScan',
    'readManifest',
    'resolveLabelling',
    'resolvePaper',
    'scanLayout',
    'writeScan',
  ]);
});
