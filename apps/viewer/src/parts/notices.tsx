import { withControls } from '../state/controls.ts';
import { progressInWords } from '../state/engines.ts';
import { job, page, problem } from '../state/store.ts';

/** What went wrong on this page, and the way on. */
export function ProblemNotice() {
  const now = problem.value;
  if (!now || (now.page !== null && now.page !== page.value)) return null;
  const close = (): void => {
    problem.value = null;
  };
  return (
    <section class="notice bad" role="alert">
      <h2>{now.title}</h2>
      <p>{now.text}</p>
      <p class="actions">
        {now.retry && (
          <button type="button" class="main" onClick={now.retry.run}>
            {now.retry.label}
          </button>
        )}
        <button type="button" onClick={close}>
          Close
        </button>
      </p>
    </section>
  );
}

/** Long work under way, with a way to stop it. */
export function JobNotice() {
  const now = job.value;
  if (!now) return null;
  const { progress } = now;
  return (
    <section class="notice job" aria-label={now.title}>
      <div>
        <h2>{now.title}</h2>
        <p class="muted" aria-live="polite">
          {now.cancelling ? 'stopping at the next step …' : progressInWords(now)}
        </p>
      </div>
      <progress
        aria-label={now.title}
        {...(progress && progress.total > 0 ? { value: progress.done, max: progress.total } : {})}
      />
      <button type="button" disabled={now.cancelling} onClick={now.cancel}>
        {now.cancelling ? 'Cancelling' : 'Cancel'}
      </button>
    </section>
  );
}

/** Sentences worth knowing. */
export function Notes({ notes }: { readonly notes: readonly (string | null)[] }) {
  const shown = notes.flatMap((note) => note || []);
  if (shown.length === 0) return null;
  return (
    <ul class="notes">
      {shown.map((note) => (
        <li key={note}>{withControls(note, page.value)}</li>
      ))}
    </ul>
  );
}
