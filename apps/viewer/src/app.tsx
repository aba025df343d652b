import { useEffect } from 'preact/hooks';
import { CohortPage } from './parts/cohort-page.tsx';
import { ExamplePage } from './parts/example-page.tsx';
import { Footer, Header } from './parts/header.tsx';
import { JobNotice, ProblemNotice } from './parts/notices.tsx';
import { ScanPage } from './parts/scan-page.tsx';
import { lacking } from './state/abilities.ts';
import { takeDrops } from './state/drops.ts';
import { follow } from './state/looking.ts';
import { page, said } from './state/store.ts';

const PAGES = { example: ExamplePage, scan: ScanPage, cohort: CohortPage };

export function App() {
  useEffect(follow, []);
  useEffect(takeDrops, []);
  const Page = PAGES[page.value];
  return (
    <>
      <a class="skip" href="#content">
        To the content
      </a>
      <Header />
      <main id="content" tabIndex={-1}>
        {lacking.map((what) => (
          <div class="notice bad" role="alert" key={what}>
            {what}
          </div>
        ))}
        <ProblemNotice />
        <JobNotice />
        <Page />
      </main>
      <Footer />
      <p class="hidden" aria-live="polite">
        {said.value}
      </p>
    </>
  );
}
