import type { OpenScan } from '../engine/index.ts';
import { css, isOutlined, outlineColour } from '../picture/colours.ts';
import { indexOf } from '../picture/voxel.ts';
import { comparison, computing, crosshair, designOf, intervals, looked, pointed } from '../state/store.ts';
import { huNumber, huPerUnit, huPlace, lambdaRange, organName, procedureName } from '../words.ts';

/** What is known of the voxel under the pointer, by the procedure of that picture, or else under the crosshair by the first. */
export function Readout() {
  const now = looked.value;
  const { voxel: at, slot } = pointed.value ?? { voxel: crosshair.value, slot: 0 as const };
  const found = intervals[slot].value;
  const design = designOf(slot);
  if (!now || !at || !found) return <div id="readout" class="readout" />;
  const { scan, images } = now;
  const index = indexOf(at, scan.shape);
  const id = scan.organs[index];
  const row = found.organs.find((own) => own.id === id);
  const place = (value: number): string => huPlace(value, scan.window);
  const lower = found.maps.lower![index];
  const upper = found.maps.upper![index];
  const truth = images.truth?.[index] ?? null;
  const inside = truth === null ? null : truth >= lower && truth <= upper;
  return (
    <div id="readout" class="readout" aria-busy={computing.value}>
      <p class="where">
        <span
          class="swatch"
          style={isOutlined(id) ? { background: css(outlineColour(id)) } : undefined}
          aria-hidden="true"
        />
        <strong>{organName(scan.labels[id] ?? `label ${id}`)}</strong>
        <span class="muted">voxel {at.join(', ')}</span>
        {comparison.value !== 'off' && design && (
          <span class="badge">{procedureName(design.facts.calibration.procedure)}</span>
        )}
      </p>
      <dl>
        <Fact name="interval" value={`${place(lower)} to ${place(upper)} HU`} />
        <Fact name="width" value={`${huNumber((upper - lower) * huPerUnit(scan.window))} HU`} />
        <Fact
          name={design?.recentred ? 'prediction, before it is corrected' : 'prediction'}
          value={`${place(images.prediction[index])} HU`}
        />
        {truth !== null && <Fact name="truth" value={`${place(truth)} HU`} />}
        {row && (
          <Fact name="λ of the organ" value={`${lambdaRange(row.lambda, huPerUnit(scan.window))} HU`} />
        )}
      </dl>
      <Strip {...{ scan, lower, upper, truth, point: images.prediction[index] }} />
      {inside !== null && (
        <span class={`badge ${inside ? 'good' : 'warn'}`}>{inside ? 'inside' : 'outside'}</span>
      )}
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** The interval on the scale of HU: a bar, the prediction a line, the truth a dot. */
function Strip(props: {
  readonly scan: OpenScan;
  readonly lower: number;
  readonly upper: number;
  readonly point: number;
  readonly truth: number | null;
}) {
  const { scan, lower, upper, point, truth } = props;
  const place = (value: number): number => 6 + 188 * Math.min(Math.max(value, 0), 1);
  const inside = truth !== null && truth >= lower && truth <= upper;
  return (
    <svg class="strip" viewBox="0 0 200 34" aria-hidden="true">
      <line x1="6" x2="194" y1="13" y2="13" class="axis" />
      <rect
        x={place(lower)}
        y="7"
        width={Math.max(place(upper) - place(lower), 1)}
        height="12"
        rx="3"
        class="interval"
      />
      <line x1={place(point)} x2={place(point)} y1="5" y2="21" class="point" />
      {truth !== null && <circle cx={place(truth)} cy="13" r="3.4" class={inside ? 'truth' : 'truth out'} />}
      <text x="6" y="31">
        {huPlace(0, scan.window)}
      </text>
      <text x="194" y="31" text-anchor="end">
        {huPlace(1, scan.window)} HU
      </text>
    </svg>
  );
}
