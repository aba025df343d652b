import type { Role } from '../engine/index.ts';
import { CONTROLS } from '../state/controls.ts';
import { filesOfList } from '../state/files.ts';
import {
  calibrations,
  dropped,
  forgetFiles,
  missing,
  openScan,
  outdated,
  reading,
  refused,
  roles,
  setRole,
  sorted,
  subjectName,
  takeFiles,
  tooLarge,
  unclear,
  waiting,
} from '../state/scan.ts';
import { job, lookedByPage, problem } from '../state/store.ts';
import { counted, listed } from '../words.ts';
import { Select } from './choices.tsx';
import { ScanDownloads } from './downloads.tsx';
import { DropZone } from './drop-zone.tsx';
import { Looking } from './looking.tsx';
import { Step, Steps } from './steps.tsx';

/** What each file of a scan is, for people, and the names it is known by. */
const ROLES: readonly { readonly role: Role; readonly name: string; readonly known: string }[] = [
  { role: 'lower', name: 'lower bound', known: 'q_lo, lower' },
  { role: 'upper', name: 'upper bound', known: 'q_hi, upper' },
  { role: 'segmentation', name: 'segmentation', known: 'combined_labels, segmentation, name.seg' },
  { role: 'point', name: 'point prediction', known: 'mmse, point' },
  { role: 'body', name: 'body mask', known: 'body' },
  { role: 'truth', name: 'CT (truth)', known: 'ct, ground_truth' },
  { role: 'std', name: 'standard deviation', known: 'std' },
  { role: 'samples', name: 'samples', known: 'samples' },
];
const nameOf = (role: Role): string => ROLES.find((own) => own.role === role)?.name ?? role;

/** A scan of one's own under a calibration. */
export function ScanPage() {
  const opened = lookedByPage.value.scan !== null;
  return (
    <>
      <section class="intro">
        <h1>Your scan</h1>
        <p>
          Drop a prediction with its interval, a segmentation and a <code>calibration.json</code>. Its λ
          widens the interval by the same code, and under the same guard rails, as <code>semcrc apply</code>.
          The CT itself is optional: with it, the page shows what was missed.
        </p>
      </section>
      {dropped.value.length === 0 ? (
        <>
          <ScanDrop />
          <Origins />
        </>
      ) : (
        <Files />
      )}
      {opened && (
        <Looking>
          <ScanDownloads />
        </Looking>
      )}
      {!opened && tooLarge.value && <ScanDownloads />}
    </>
  );
}

function Origins() {
  return (
    <Steps>
      <Step
        title="An interval for every voxel"
        command="semcrc predict --model denoising --input ct.nii.gz --out scan"
      >
        Your network’s lower and upper quantiles, or those of a model that comes with semcrc.
      </Step>
      <Step title="A segmentation of the prediction">
        By TotalSegmentator, SuPreM or another: the labels that the calibration knows.
      </Step>
      <Step title="A calibration" command="semcrc calibrate cohort.zarr --epsilon 0.1 --curve 0.02:0.2:0.01">
        From scans whose truth is known; made on the command line, or here under Your cohort. With a curve,
        the tolerance can be moved.
      </Step>
    </Steps>
  );
}

function ScanDrop() {
  return (
    <DropZone
      title="Drop files or a folder"
      hint="NIfTI (.nii, .nii.gz) and calibration.json, known by their names: q_lo, q_hi, mmse, combined_labels, body, ct; name.nii.gz goes with name.seg.nii.gz."
      accept=".nii,.gz,.json"
      take={(files) => void takeFiles(files)}
    />
  );
}

function Files() {
  const lacks = [
    ...missing.value.map(nameOf),
    ...(calibrations.value.length === 0 ? ['calibration.json'] : []),
  ];
  const opened = lookedByPage.value.scan !== null;
  const asks =
    refused.value.some(({ reason }) => reason !== null) || unclear.value.length > 0 || outdated.value;
  return (
    <details class="card files" open={!opened || problem.value !== null || asks}>
      <summary>
        {counted(dropped.value.length, 'file')}
        {lacks.length > 0 ? `; still needed: ${listed(lacks)}` : ''}
      </summary>
      <div class="roles">
        {ROLES.map((own) => (
          <RoleChoice key={own.role} {...own} />
        ))}
        <div class="field">
          <span>calibration</span>
          <p>
            {calibrations.value.length > 0
              ? listed(calibrations.value.map(({ name }) => name))
              : 'none yet: semcrc calibrate writes it'}
          </p>
        </div>
      </div>
      <Unclear />
      <Reading />
      {opened && outdated.value && (
        <p class="warned" role="status">
          The picture below, and files made of it, are of {subjectName.value} as it was read before, not of
          the files chosen here: {waiting.value ? 'they are read next' : 'read again for those'}.
        </p>
      )}
      {!opened && waiting.value && <p role="status">Files that came meanwhile are read next.</p>}
      <p class="actions">
        <button
          type="button"
          class="main"
          disabled={lacks.length > 0 || job.value !== null}
          onClick={() => void openScan()}
        >
          {opened ? 'Read again' : 'Read the scan'}
        </button>
        <label class="button">
          Add files
          <input
            type="file"
            multiple
            class="hidden"
            accept=".nii,.gz,.json"
            data-choice="more"
            onChange={({ currentTarget }) => {
              const files = filesOfList(currentTarget.files ?? []);
              // The same file can be chosen again, after it was changed.
              currentTarget.value = '';
              if (files.length > 0) void takeFiles(files);
            }}
          />
        </label>
        <button type="button" onClick={forgetFiles}>
          Start over
        </button>
      </p>
    </details>
  );
}

/** Which file has a role; by its name, or by the reader's word. */
function RoleChoice({ role, name, known }: (typeof ROLES)[number]) {
  const path = roles.value[role] ?? '';
  const paths = dropped.value.map((one) => one.path).filter((one) => /\.nii(\.gz)?$/.test(one));
  if (path !== '' && !paths.includes(path)) paths.unshift(path);
  const needed = missing.value.includes(role);
  return (
    <div class={needed ? 'needed' : ''}>
      <Select
        label={needed ? `${name}: needed` : name}
        value={path}
        options={[{ value: '', name: `– (${known})` }, ...paths.map((one) => ({ value: one, name: one }))]}
        onChange={(value) => setRole(role, value)}
      />
    </div>
  );
}

function Unclear() {
  const noCalibrations = refused.value.filter(({ reason }) => reason === null).map(({ path }) => path);
  const taken = Object.values(roles.value);
  const unused = [...sorted.value.unknown, ...noCalibrations].filter((path) => !taken.includes(path));
  return (
    <>
      {refused.value.map(
        ({ path, reason }) =>
          reason !== null && (
            <p class="warned" role="alert" key={path}>
              {path} is not used: {reason}
            </p>
          ),
      )}
      {unclear.value.map(({ role, paths }) => (
        <p class="warned" key={role}>
          {listed(paths)} could each be the {nameOf(role)}: say which.
        </p>
      ))}
      {unused.length > 0 && (
        <p class="muted small">
          Not used: {listed(unused.slice(0, 6))}
          {unused.length > 6 ? ` and ${unused.length - 6} more` : ''}. If one belongs to the scan, say above
          what it is.
        </p>
      )}
    </>
  );
}

const SCHEMES = ['suprem', 'totalsegmentator', 'flare', 'abdomenatlas'] as const;

/** How files are read, where that is not as the calibration's scans were. */
function Reading() {
  const asked = problem.value?.options ?? [];
  const now = reading.value;
  return (
    <details class="reading" open={asked.length > 0}>
      <summary>How the files are read</summary>
      <div class="roles">
        <Select
          label={CONTROLS.scan.labels}
          value={now.labels ?? ''}
          options={[
            { value: '', name: 'as when calibrating' },
            ...SCHEMES.map((name) => ({ value: name as string, name: name as string })),
          ]}
          onChange={(labels) => {
            reading.value = { ...now, labels: labels === '' ? undefined : labels };
          }}
        />
        <Select
          label={CONTROLS.scan.predictionUnits}
          value={now.predictionUnits ?? ''}
          options={[
            { value: '', name: 'as when calibrating' },
            { value: 'window', name: 'share of the window, 0 to 1' },
            { value: 'hu', name: 'HU' },
          ]}
          onChange={(units) => {
            reading.value = {
              ...now,
              predictionUnits: units === '' ? undefined : (units as 'window' | 'hu'),
            };
          }}
        />
      </div>
    </details>
  );
}
