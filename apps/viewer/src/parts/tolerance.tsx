import { backToPromise } from '../state/looking.ts';
import { choice, choose, computing, designOf, intervals, knotOf, looked } from '../state/store.ts';
import { huNumber, huPerUnit, percent, plainPercent } from '../words.ts';

/** The tolerance: how large, whether it is the promised one, and what it comes to on this scan. */
export function Tolerance() {
  const design = designOf(0);
  const chosen = choice.value;
  if (!design || !chosen) return null;
  const { calibration, knots } = design.facts;
  const knot = knotOf(0);
  const least = (knots.find(({ status }) => status === 'calibrated') ?? knots[0]).epsilon;
  const most = knots[knots.length - 1].epsilon;
  const movable = knots.length > 1;
  const place = (epsilon: number): string => `${(100 * (epsilon - least)) / Math.max(most - least, 1e-9)}%`;
  const promised = knot?.promised && Math.abs(chosen.epsilon - knot.epsilon) < 1e-9;
  return (
    <section class="card tolerance" aria-labelledby="tolerance-title">
      <h2 id="tolerance-title">How much may be missed?</h2>
      <p class="big">
        <output for="tolerance">{plainPercent(chosen.epsilon)}</output>
        <span class={`badge ${promised ? 'good' : 'warn'}`}>{promised ? 'promised' : 'exploring'}</span>
      </p>
      {movable && (
        <div class="slider">
          <input
            id="tolerance"
            type="range"
            aria-label="Tolerance ε: the share of voxels that may lie outside"
            aria-valuetext={`${plainPercent(chosen.epsilon)}, ${promised ? 'promised' : 'exploring'}`}
            min={least}
            max={most}
            step={0.001}
            value={chosen.epsilon}
            style={{ '--at': place(chosen.epsilon) }}
            onInput={({ currentTarget }) => choose({ epsilon: Number(currentTarget.value) })}
          />
          <div class="ticks" aria-hidden="true">
            <span style={{ left: '0%' }}>{plainPercent(least)}</span>
            <span class="promise" style={{ left: place(calibration.epsilon) }}>
              {plainPercent(calibration.epsilon)}
            </span>
            <span style={{ left: '100%' }}>{plainPercent(most)}</span>
          </div>
        </div>
      )}
      <p class="says">
        {promised
          ? `${shortPromise(calibration.procedure, calibration.bound, calibration.epsilon)} It was fixed before any result was seen, so it holds.`
          : `The promise was made for ${plainPercent(calibration.epsilon)}, before any result was seen. A tolerance picked by looking promises nothing.`}
        {!promised && knot && knot.epsilon < chosen.epsilon - 1e-9
          ? ` Shown is the λ of ${plainPercent(knot.epsilon)}, the next smaller one that was calibrated.`
          : ''}
        {knot === null && ' For a tolerance as small as this the calibration has too few scans: it has no λ.'}
        {!movable && ' To move it, calibrate with a curve: --curve 0.02:0.2:0.01.'}
      </p>
      {!promised && movable && (
        <p>
          <button type="button" class="small" onClick={backToPromise}>
            Back to {plainPercent(calibration.epsilon)}
          </button>
        </p>
      )}
      <Numbers />
    </section>
  );
}

function Numbers() {
  const found = intervals[0].value;
  const scan = looked.value?.scan;
  if (!found || !scan) return null;
  const unit = huPerUnit(scan.window);
  return (
    <dl class="numbers" aria-busy={computing.value}>
      <div>
        <dt>mean width</dt>
        <dd>
          {huNumber(found.meanWidth * unit)} <small>HU</small>
        </dd>
      </div>
      <div>
        <dt>outside, this scan</dt>
        <dd>{found.outside === null ? <small>truth not loaded</small> : percent(found.outside)}</dd>
      </div>
    </dl>
  );
}

/** What is promised, in one sentence. */
function shortPromise(procedure: string, bound: string, epsilon: number): string {
  const share = plainPercent(epsilon);
  const mean = bound === 'crc' ? 'on average over new scans' : 'with high probability';
  return procedure === 'organ-crc' || procedure === 'organ-shortest'
    ? `Of every organ, at most ${share} of its voxels lie outside, ${mean}.`
    : `At most ${share} of a scan’s voxels lie outside their intervals, ${mean}.`;
}
