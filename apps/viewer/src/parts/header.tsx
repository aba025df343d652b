import { type Page, page, show, theme } from '../state/store.ts';

const NAMES: Readonly<Record<Page, string>> = {
  example: 'Example',
  scan: 'Your scan',
  cohort: 'Your cohort',
};
const THEMES = { auto: 'dark', dark: 'light', light: 'auto' } as const;

export function Header() {
  return (
    <header class="top">
      <p class="brand">
        <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M9 8v16M23 8v16M9 16h14" />
        </svg>
        <span>semcrc</span>
      </p>
      <nav aria-label="What to look at">
        {(Object.keys(NAMES) as Page[]).map((name) => (
          <button
            type="button"
            key={name}
            aria-current={page.value === name ? 'page' : undefined}
            onClick={() => show(name)}
          >
            {NAMES[name]}
          </button>
        ))}
      </nav>
      <p class="private" title="This page may not talk to anyone: its own policy forbids every request.">
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
          <path d="M4.5 7V5a3.5 3.5 0 0 1 7 0v2M3.5 7h9v7h-9z" />
        </svg>
        Nothing leaves this browser
      </p>
      <button
        type="button"
        class="quiet"
        aria-label={`Appearance: ${theme.value}. Change to ${THEMES[theme.value]}`}
        title={`Appearance: ${theme.value}`}
        onClick={() => {
          theme.value = THEMES[theme.value];
        }}
      >
        <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
          <circle cx="8" cy="8" r="6" />
          <path class="full" d="M8 2a6 6 0 0 1 0 12z" />
        </svg>
      </button>
    </header>
  );
}

export function Footer() {
  return (
    <footer>
      <p>
        Calculated by the packages of semcrc in this browser, bit for bit as on the command line. After{' '}
        <cite>Conformal Risk Control for Semantic Uncertainty Quantification in Computed Tomography</cite>{' '}
        (Teneggi, Stayman, Sulam, 2025). Research software, not a medical device.
      </p>
    </footer>
  );
}
