import { useEffect } from 'preact/hooks';
import { lacking } from '../state/abilities.ts';
import { calibrateExample, openExample } from '../state/example.ts';
import { exampleCalibrations, exampleMadeHere, job, lookedByPage, show } from '../state/store.ts';
import { PictureDownload } from './downloads.tsx';
import { HeldOut } from './held-out.tsx';
import { Looking } from './looking.tsx';

/** The idea, without a file of one's own. */
export function ExamplePage() {
  useEffect(() => {
    if (lacking.length === 0) void openExample();
  }, []);
  const calibrations = exampleCalibrations.value;
  const { split, n } = calibrations[0]?.calibration ?? {};
  const scans = split ? split.opt.length + split.cal.length : n;
  return (
    <>
      <section class="intro">
        <h1>What does the model not know?</h1>
        <p>
          A network cleaned up this noisy scan and guessed, for every voxel, an interval of Hounsfield units
          that should hold the true value. On {scans ?? 'other'} scans whose truth is known, semcrc measured
          how often such guesses miss, and found by how much to widen them, organ by organ, so that a new scan
          has no more than the tolerated share outside. Where the map is bright the interval is wide: there,
          the picture deserves less trust.
        </p>
      </section>
      {lookedByPage.value.example === null && job.value === null && (
        <p class="muted">The example is not there yet.</p>
      )}
      <Looking>
        <HeldOut calibrations={calibrations} />
        <CalibratedHere />
        <section class="card next">
          <p>
            With predictions of your own, and a <code>calibration.json</code>, it works the same.
          </p>
          <p class="actions">
            <button type="button" class="main" onClick={() => show('scan')}>
              Your scan
            </button>
            <button type="button" onClick={() => show('cohort')}>
              Your cohort
            </button>
            <PictureDownload />
          </p>
        </section>
      </Looking>
    </>
  );
}

/** Where the example's λ come from, and a way to see for oneself. */
function CalibratedHere() {
  const made = exampleMadeHere.value;
  const scans = exampleCalibrations.value[0]?.calibration.source?.scans;
  return (
    <section class="card next" aria-label="Where these λ come from">
      <p>
        This is a phantom; its noise, and what a network made of it, were drawn in your browser a moment ago.
        Its λ came with the page, calibrated on {scans} other phantoms when the page was built.
      </p>
      {made === null ? (
        <p class="actions">
          <button type="button" disabled={job.value !== null} onClick={() => void calibrateExample()}>
            Draw and calibrate them here
          </button>
          <span class="muted">in this browser, with all its cores: some seconds</span>
        </p>
      ) : (
        <p role="status">
          {made.same
            ? `Drawn and calibrated in this browser in ${made.seconds.toPrecision(2)} s: the same λ, bit for bit, by all procedures.`
            : 'Drawn and calibrated in this browser, the λ came out otherwise than when the page was built. That should not be: please report it, with the name and version of this browser.'}
        </p>
      )}
    </section>
  );
}
