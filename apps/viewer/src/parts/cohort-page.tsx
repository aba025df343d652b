import { useSignal } from '@preact/signals';
import { Fragment } from 'preact';
import type { Calibrated, CalibrateSettings, OpenCohort } from '../engine/index.ts';
import { calibrate, cohortScan, forgetCohort, lookAt, openCohort } from '../state/cohort.ts';
import { CONTROLS } from '../state/controls.ts';
import { save } from '../state/files.ts';
import { cohort, cohortCalibrations, job } from '../state/store.ts';
import {
  counted,
  huNumber,
  huPerUnit,
  listed,
  organName,
  percent,
  plainPercent,
  procedureName,
} from '../words.ts';
import { NumberField, Select } from './choices.tsx';
import { PictureDownload } from './downloads.tsx';
import { DropZone } from './drop-zone.tsx';
import { HeldOut } from './held-out.tsx';
import { Looking } from './looking.tsx';
import { Notes } from './notices.tsx';
import { RiskCurve } from './risk-curve.tsx';
import { Step, Steps } from './steps.tsx';

/** A cohort of one's own, calibrated in the page. */
export function CohortPage() {
  const opened = cohort.value;
  return (
    <>
      <section class="intro">
        <h1>Your cohort</h1>
        <p>
          Drop a cohort that <code>semcrc prepare</code> wrote, as a folder or a zip, or the profiles that{' '}
          <code>semcrc profile</code> wrote, of one site or of several. Choose what is to be promised; λ is
          found here, in this browser, and <code>calibration.json</code> is the file that the command writes,
          bit for bit.
        </p>
      </section>
      {opened ? (
        <Opened key={opened.digest} {...{ opened }} />
      ) : (
        <>
          <DropZone
            title="Drop a prepared cohort"
            hint="The folder cohort.zarr, or a zip of it; or one or several .profiles files, which are taken together."
            accept=".zip,.profiles"
            take={(files) => void openCohort(files)}
          />
          <Steps>
            <Step
              title="Scans with their truth"
              command="scan,ground_truth,lower,upper,segmentation,point,body"
            >
              A manifest lists them, one line for each: the CT, and what the network made of it.
            </Step>
            <Step
              title="Prepared once"
              command="semcrc prepare manifest.csv --labels suprem --out cohort.zarr"
            >
              The command resamples and crops them as the paper does, into one folder that this page reads.
            </Step>
            <Step title="Calibrated here">
              In all the cores of this computer. The scans kept apart then show whether the promise holds.
            </Step>
          </Steps>
        </>
      )}
      {cohortCalibrations.value.map((result) => (
        <Fragment key={result.text}>
          <Result {...{ result }} />
          <RiskCurve {...{ result }} />
        </Fragment>
      ))}
      <Looking>
        <ScanChoice />
        <HeldOut calibrations={cohortCalibrations.value} />
      </Looking>
      {opened?.profiled && <HeldOut calibrations={cohortCalibrations.value} />}
    </>
  );
}

/** What can be chosen, and what the command is told for it. */
interface Choice {
  readonly value: string;
  readonly name: string;
  readonly settings: Pick<CalibrateSettings, 'procedure' | 'options'>;
}

const choiceOf = (procedure: CalibrateSettings['procedure'], name: string): Choice => ({
  value: procedure,
  name,
  settings: { procedure },
});

const PROCEDURES: readonly Choice[] = [
  choiceOf('shortest', 'shortest: narrowest intervals for this promise'),
  choiceOf('sem-crc', 'sem-CRC: one λ for each organ'),
  choiceOf('crc', 'CRC: one λ for all voxels'),
  choiceOf('k-crc', 'K-CRC: one λ for each group of positions'),
  choiceOf('organ-crc', 'organ-CRC: a promise for each organ'),
  choiceOf('organ-shortest', 'organ-shortest: the same, narrower'),
  choiceOf('recentred', 'recentred: around a corrected point'),
];

/** What needs no voxels; first what `semcrc calibrate` makes of profiles. */
const PROFILED_PROCEDURES: readonly Choice[] = [
  {
    value: 'envelope',
    name: 'sem-CRC, envelope: one λ for each organ and side',
    settings: {
      procedure: 'sem-crc',
      options: { anchor: 'envelope', backtrack: 'path', sides: 'two' },
    },
  },
  choiceOf('sem-crc', 'sem-CRC, gamma: one λ for each organ, as in the paper'),
  choiceOf('crc', 'CRC: one λ for all voxels'),
  choiceOf('organ-crc', 'organ-CRC: a promise for each organ'),
];

function Opened({ opened }: { readonly opened: OpenCohort }) {
  const procedures = opened.profiled ? PROFILED_PROCEDURES : PROCEDURES;
  const chosen = useSignal(procedures[0]);
  const epsilon = useSignal(0.1);
  const sizes = useSignal(opened.sizes);
  const seed = useSignal(0);
  const set = (change: Partial<OpenCohort['sizes']>): void => {
    sizes.value = { ...sizes.value, ...change };
  };
  const organs = Object.values(opened.labels).map(organName);
  return (
    <form
      class="card cohort"
      aria-labelledby="cohort-title"
      onSubmit={(event) => {
        event.preventDefault();
        if (job.value === null) {
          void calibrate({
            ...chosen.value.settings,
            epsilon: epsilon.value,
            curve: { from: 0.02, to: 0.2, step: 0.01 },
            ...sizes.value,
            seed: seed.value,
          });
        }
      }}
    >
      <h2 id="cohort-title">{opened.name}</h2>
      <p class="muted">
        {counted(opened.scans.length, 'scan')} of {counted(opened.patients, 'patient')}; {listed(organs)}.
      </p>
      <Notes
        notes={[
          opened.profiled
            ? 'Profiles hold no voxels: there is no scan to look at here, and only what needs none can be calibrated.'
            : null,
          ...opened.notes,
        ]}
      />
      <div class="roles">
        <Select
          label={CONTROLS.cohort.procedures}
          value={chosen.value.value}
          options={procedures}
          onChange={(value) => {
            chosen.value = procedures.find((one) => one.value === value) ?? chosen.value;
          }}
        />
        <NumberField
          label={CONTROLS.cohort.epsilon}
          value={Number((100 * epsilon.value).toPrecision(6))}
          min={0.1}
          max={99}
          step={0.1}
          onChange={(value) => {
            epsilon.value = value / 100;
          }}
        />
        <NumberField
          label={CONTROLS.cohort.nOpt}
          value={sizes.value.nOpt}
          min={1}
          onChange={(nOpt) => set({ nOpt })}
        />
        <NumberField
          label={CONTROLS.cohort.nCal}
          value={sizes.value.nCal}
          min={1}
          onChange={(nCal) => set({ nCal })}
        />
        <NumberField
          label={CONTROLS.cohort.nTest}
          value={sizes.value.nTest}
          min={0}
          onChange={(nTest) => set({ nTest })}
        />
        <NumberField
          label={CONTROLS.cohort.seed}
          value={seed.value}
          min={0}
          max={0xffffffff}
          onChange={(value) => {
            seed.value = value;
          }}
        />
      </div>
      <p class="actions">
        <button type="submit" class="main" disabled={job.value !== null}>
          Calibrate
        </button>
        <button type="button" onClick={forgetCohort}>
          Another cohort
        </button>
      </p>
    </form>
  );
}

/** What a calibration came to, and its file. */
function Result({ result }: { readonly result: Calibrated }) {
  const { calibration, text, notes } = result;
  const { test, epsilon, procedure, n, units } = calibration;
  const length = test?.length;
  return (
    <section class="card result">
      <h2>
        {procedureName(procedure)}, ε = {plainPercent(epsilon)}
      </h2>
      <p>{calibration.guarantee}</p>
      <dl class="numbers">
        <div>
          <dt>calibration scans</dt>
          <dd>{n}</dd>
        </div>
        {test?.risk != null && (
          <div>
            <dt>outside, on scans kept apart</dt>
            <dd>{percent(test.risk)}</dd>
          </div>
        )}
        {length != null && (
          <div>
            <dt>mean width</dt>
            <dd>
              {units ? huNumber(length * huPerUnit(units.window as [number, number])) : percent(length)}{' '}
              <small>{units ? 'HU' : 'of the range'}</small>
            </dd>
          </div>
        )}
      </dl>
      <Notes notes={notes} />
      <p class="actions">
        <button type="button" class="main" onClick={() => save('calibration.json', text, 'application/json')}>
          Save calibration.json
        </button>
      </p>
    </section>
  );
}

function ScanChoice() {
  const opened = cohort.value;
  if (!opened || cohortScan.value === null) return null;
  const apart = new Set(cohortCalibrations.value[0]?.calibration.split.test);
  return (
    <section class="card actions" aria-label="Which scan is shown">
      <Select
        label="Scan"
        value={cohortScan.value}
        options={opened.scans.map((id) => ({ value: id, name: apart.has(id) ? `${id} (kept apart)` : id }))}
        onChange={(id) => void lookAt(id)}
      />
      <PictureDownload />
    </section>
  );
}
