import type { Intervals, OrganRow } from '../engine/index.ts';
import { colourAt, css, isOutlined, outlineColour, VIRIDIS } from '../picture/colours.ts';
import { goToOrgan } from '../state/looking.ts';
import { computing, designOf, intervals, looked, scales, slots } from '../state/store.ts';
import { huNumber, huPerUnit, lambdaRange, organName, percent, procedureName } from '../words.ts';

/** Organs first, then what lies around them. */
const inOrder = (rows: readonly OrganRow[]): readonly OrganRow[] =>
  [...rows].sort((a, b) => Number(b.id > 1) - Number(a.id > 1) || (a.id > 1 ? a.id - b.id : b.id - a.id));

const STATUS: Readonly<Record<OrganRow['status'], string | null>> = {
  calibrated: null,
  infeasible: 'too few scans: whole range',
  absent: 'in no calibration scan: whole range',
  unknown: 'unknown to the calibration: whole range',
};

/** λ, width and misses by organ; the name of an organ leads to it. */
export function OrganTable() {
  const scan = looked.value?.scan;
  const first = intervals[0].value;
  if (!scan || !first) return null;
  const second = slots.value.includes(1) ? intervals[1].value : null;
  const unit = huPerUnit(scan.window);
  const end = scales.value?.width.high ?? 1;
  const narrows = first.organs.some((row) => row.lambda[0] < 0);
  const beside = new Map(second?.organs.map((row) => [row.id, row]));
  return (
    <section class="card organs" aria-labelledby="organs-title" aria-busy={computing.value}>
      <h2 id="organs-title">By organ</h2>
      {second && <p class="muted small">{inBoth()}</p>}
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">organ</th>
              <th scope="col">
                λ <small>HU</small>
              </th>
              <th scope="col">
                width <small>HU</small>
              </th>
              {first.outside !== null && <th scope="col">outside</th>}
            </tr>
          </thead>
          <tbody>
            {inOrder(first.organs).map((row) => (
              <Row
                key={row.id}
                {...{ row, unit, end }}
                other={beside.get(row.id)}
                truth={first.outside !== null}
              />
            ))}
          </tbody>
          <tfoot>
            <Total {...{ first, second, unit }} />
          </tfoot>
        </table>
      </div>
      <p class="muted small">
        λ is what is added to the interval at either end; width is the mean over the organ. A click on an
        organ leads to it.
        {narrows && ' A negative λ narrows intervals, at most to the prediction itself: “point”.'}
      </p>
    </section>
  );
}

function inBoth(): string {
  const name = (slot: 0 | 1): string => procedureName(designOf(slot)?.facts.calibration.procedure ?? '');
  return `${name(0)}, and below it ${name(1)}`;
}

function Row(props: {
  readonly row: OrganRow;
  readonly other: OrganRow | undefined;
  readonly unit: number;
  readonly end: number;
  readonly truth: boolean;
}) {
  const { row, other, unit, end, truth } = props;
  const share = Math.min(row.meanWidth / end, 1);
  const status = STATUS[row.status];
  return (
    <tr>
      <th scope="row">
        <button type="button" class="organ" onClick={() => goToOrgan(row.id)}>
          <span
            class="swatch"
            style={isOutlined(row.id) ? { background: css(outlineColour(row.id)) } : undefined}
            aria-hidden="true"
          />
          {organName(row.name)}
        </button>
        {status && <small class="warned">{status}</small>}
      </th>
      <td class="lambda">
        {lambdaRange(row.lambda, unit)}
        {other && <small>{lambdaRange(other.lambda, unit)}</small>}
      </td>
      <td class="barred">
        <span class="bar" aria-hidden="true">
          <span
            style={{ width: `${100 * share}%`, background: css(colourAt(VIRIDIS, row.meanWidth / end)) }}
          />
        </span>
        {huNumber(row.meanWidthHu)}
        {other && <small>{huNumber(other.meanWidthHu)}</small>}
      </td>
      {truth && (
        <td>
          {row.outside === null ? '–' : percent(row.outside)}
          {other && <small>{other.outside === null ? '–' : percent(other.outside)}</small>}
        </td>
      )}
    </tr>
  );
}

function Total({
  first,
  second,
  unit,
}: {
  readonly first: Intervals;
  readonly second: Intervals | null;
  readonly unit: number;
}) {
  return (
    <tr>
      <th scope="row">whole scan</th>
      <td />
      <td>
        {huNumber(first.meanWidth * unit)}
        {second && <small>{huNumber(second.meanWidth * unit)}</small>}
      </td>
      {first.outside !== null && (
        <td>
          {percent(first.outside)}
          {second?.outside != null && <small>{percent(second.outside)}</small>}
        </td>
      )}
    </tr>
  );
}
