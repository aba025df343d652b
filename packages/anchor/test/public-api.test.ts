import { expect, it } from 'vitest';
import * as anchor from '../src/index.ts';

it('exports these names and no others', () => {
  expect(Object.keys(anchor).sort()).toEqual([
    'LambdaPath',
    'envelopeAnchor',
    'envelopeAnchors',
    'solveGammaAnchor',
    'solveGammaAnchors',
    'subsampleVoxels',
  ]);
});
