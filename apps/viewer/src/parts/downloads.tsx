import { useSignal } from '@preact/signals';
import { type Applied, mendedInWords, readCalibration } from '../engine/index.ts';
import { poster } from '../picture/poster.ts';
import { save } from '../state/files.ts';
import { applyCalibration, madeOf, subjectCalibrations, subjectName, units } from '../state/scan.ts';
import { choice, computing, job, looked, problem } from '../state/store.ts';
import { bytes, plainPercent } from '../words.ts';
import { Segments, Select } from './choices.tsx';
import { Notes } from './notices.tsx';
import { pictures } from './stage.tsx';
import { procedureOptions } from './toolbar.tsx';

/** What is on screen as a PNG, with its colour bar and what it shows in words. */
export function PictureDownload() {
  if (!looked.value) return null;
  const run = async (): Promise<void> => {
    try {
      save('semcrc.png', await poster(pictures.filter((picture) => picture !== null)));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      problem.value = {
        page: null,
        code: null,
        title: 'No picture was made',
        text,
        options: [],
        retry: null,
      };
    }
  };
  return (
    <button type="button" disabled={computing.value} onClick={() => void run()}>
      Picture (PNG)
    </button>
  );
}

/** The intervals as files: what `semcrc apply` writes, at the tolerance that was promised, of the scan that was read last. */
export function ScanDownloads() {
  const own = useSignal(0);
  const all = subjectCalibrations.value;
  const at = choice.value?.design ?? Math.min(own.value, all.length - 1);
  const calibration = all[at];
  if (!calibration) return null;
  const facts = all.map(({ text, name }) => readCalibration(text, name));
  const procedures = procedureOptions(facts);
  const found = madeOf(calibration);
  const of = `${procedures[at].name} at the promised ${plainPercent(facts[at].calibration.epsilon)}`;
  return (
    <section class="card downloads" aria-labelledby="downloads-title">
      <h2 id="downloads-title">Take it with you</h2>
      <p class="muted">
        The intervals of {of}, on the grid and with the header of {subjectName.value}: the files that{' '}
        <code>semcrc apply</code> writes.
      </p>
      {choice.value === null && procedures.length > 1 && (
        <Select
          label="Procedure"
          value={at}
          options={procedures}
          onChange={(value) => {
            own.value = value;
          }}
        />
      )}
      <Segments
        label="Unit"
        value={units.value}
        options={[
          { value: 'hu', name: 'HU' },
          { value: 'window', name: 'share of the window' },
        ]}
        onChange={(value) => {
          units.value = value;
        }}
      />
      <p class="actions">
        <button
          type="button"
          class="main"
          disabled={job.value !== null}
          onClick={() => void applyCalibration(calibration)}
        >
          Make the files
        </button>
        <PictureDownload />
      </p>
      {found && (
        <>
          <p class="small">
            {of}, in {units.value === 'hu' ? 'HU' : 'shares of the window'}:
          </p>
          <Notes notes={mendedInWords(found.summary.mended)} />
          <Offered found={found} />
        </>
      )}
    </section>
  );
}

function Offered({ found: { files, summaryText, csv } }: { readonly found: Applied }) {
  return (
    <ul class="made">
      {files.map(({ name, blob }) => (
        <li key={name}>
          <button type="button" onClick={() => save(name, blob)}>
            {name} <small>{bytes(blob.size)}</small>
          </button>
        </li>
      ))}
      <li>
        <button type="button" onClick={() => save('summary.json', summaryText, 'application/json')}>
          summary.json
        </button>
      </li>
      <li>
        <button type="button" onClick={() => save('summary.csv', csv, 'text/csv')}>
          summary.csv
        </button>
      </li>
    </ul>
  );
}
