import type { ComponentChildren } from 'preact';
import { designOf, looked, slots } from '../state/store.ts';
import { ColourBar } from './colour-bar.tsx';
import { KeyList } from './keys.tsx';
import { Notes } from './notices.tsx';
import { OrganTable } from './organ-table.tsx';
import { Readout } from './readout.tsx';
import { Stage } from './stage.tsx';
import { Tolerance } from './tolerance.tsx';
import { Procedures, Toolbar } from './toolbar.tsx';

/** A scan with its intervals: the picture at the left, what it means at the right. */
export function Looking({ children }: { readonly children?: ComponentChildren }) {
  const now = looked.value;
  if (!now) return null;
  const extrapolations = slots.value.map((slot) => designOf(slot)?.extrapolation ?? null);
  return (
    <div class="looking">
      <div class="picture">
        <Notes notes={[...new Set([...extrapolations, ...now.scan.notes])]} />
        <section class="card picture-card" aria-label="The scan">
          <Toolbar />
          <Stage />
          <ColourBar />
          <Readout />
        </section>
        {children}
      </div>
      <div class="aside">
        <Tolerance />
        <Procedures />
        <OrganTable />
      </div>
      <KeyList />
    </div>
  );
}
