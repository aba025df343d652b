import { useSignal } from '@preact/signals';
import { poster } from '../picture/poster.ts';
import { save } from '../state/files.ts';
import { applied, applyCalibration, calibrations } from '../state/scan.ts';
import { choice, computing, job, looked, problem } from '../state/store.ts';
import { bytes } from '../words.ts';
import { Segments } from './choices.tsx';
import { pictures } from './stage.tsx';

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

/** The intervals as files: what `semcrc apply` writes, at the tolerance that was promised. */
export function ScanDownloads() {
  const units = useSignal<'window' | 'hu'>('hu');
  const at = choice.value?.design ?? 0;
  const found = applied.value;
  if (!calibrations.value[at]) return null;
  return (
    <section class="card downloads" aria-labelledby="downloads-title">
      <h2 id="downloads-title">Take it with you</h2>
      <p class="muted">
        The intervals at the promised tolerance, on the grid and with the header of the lower bound: the files
        that <code>semcrc apply</code> writes.
      </p>
      <Segments
        label="Unit"
        value={units.value}
        options={[
          { value: 'hu', name: 'HU' },
          { value: 'window', name: 'share of the window' },
        ]}
        onChange={(value) => {
          units.value = value;
          applied.value = null;
        }}
      />
      <p class="actions">
        <button
          type="button"
          class="main"
          disabled={job.value !== null}
          onClick={() => void applyCalibration(at, units.value)}
        >
          Make the files
        </button>
        <PictureDownload />
      </p>
      {found && (
        <ul class="made">
          {found.files.map(({ name, blob }) => (
            <li key={name}>
              <button type="button" onClick={() => save(name, blob)}>
                {name} <small>{bytes(blob.size)}</small>
              </button>
            </li>
          ))}
          <li>
            <button type="button" onClick={() => save('summary.json', found.summaryText, 'application/json')}>
              summary.json
            </button>
          </li>
          <li>
            <button type="button" onClick={() => save('summary.csv', found.csv, 'text/csv')}>
              summary.csv
            </button>
          </li>
        </ul>
      )}
    </section>
  );
}
