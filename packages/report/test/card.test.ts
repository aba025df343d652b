import { describe, expect, it } from 'vitest';
import { cardOf } from '../src/index.ts';
import { madeCalibration, madeEvaluation } from './made.ts';

/** The card of a made calibration, as measured by an evaluation. */
function carded(evaluation = madeEvaluation(), calibration = madeCalibration()) {
  const measured = { name: 'evaluation.json', document: evaluation, digest: null };
  return cardOf({ name: 'c.json', document: calibration, digest: null, evaluation: measured, checks: [] })
    .card;
}

describe('the card of a calibration', () => {
  it('judges as the evaluation does: the same z, the same flag', () => {
    const { excess } = madeEvaluation();
    const { verdict } = carded();
    expect(excess.z).toBeGreaterThan(0);
    expect(verdict.z).toBe(excess.z);
    expect(verdict.flaggedAbove).toBe(excess.flaggedAbove);
    expect(verdict.judgement === 'broken').toBe(excess.flagged);
  });

  it('says that a promise was measured on other voxels than it was calibrated on, and only then', () => {
    const evaluation = madeEvaluation();
    const texts = (document: typeof evaluation) => carded(document).flags.map(({ text }) => text);
    expect(texts(evaluation)).toContain(evaluation.extrapolation);
    expect(texts({ ...evaluation, extrapolation: null }).join(' ')).not.toContain('calibrated on slices');
  });
});
