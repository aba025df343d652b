import { css, gradient, MISSED, VIRIDIS } from '../picture/colours.ts';
import { ticks } from '../picture/scale.ts';
import { looked, map, scales } from '../state/store.ts';
import { huPerUnit } from '../words.ts';

const TITLES = {
  width: 'width of the interval, HU',
  lambda: 'λ: what is added at either end, HU',
};

/** What the colours of the map mean, in HU. */
export function ColourBar() {
  const ends = scales.value;
  const scan = looked.value?.scan;
  const kind = map.value;
  if (!ends || !scan || kind === 'none') return <div class="colour-bar" />;
  if (kind === 'missed') {
    return (
      <p class="colour-bar">
        <span class="swatch" style={{ background: css(MISSED.stops[0]) }} aria-hidden="true" />
        the truth lies outside the interval
      </p>
    );
  }
  const marks = ticks(ends[kind], huPerUnit(scan.window));
  return (
    <div class="colour-bar">
      <div>
        <div class="ramp" style={{ background: gradient(VIRIDIS) }} />
        <div class="marks">
          {marks.map((mark) => (
            <span key={mark}>{mark}</span>
          ))}
        </div>
      </div>
      <span>{TITLES[kind]}</span>
    </div>
  );
}
