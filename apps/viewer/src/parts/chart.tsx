import type { ComponentChildren } from 'preact';

/** A place on the axis below that is marked. */
export interface Mark {
  readonly x: number;
  readonly name?: string;
}

/** A line of a chart; `tone` is a colour of the style sheet. */
export interface Line {
  readonly name: string;
  readonly tone: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const WIDTH = 420;
const HEIGHT = 250;
const LEFT = 46;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 40;

/** Lines over a share or a λ, small enough to stand beside another chart. */
export function Chart(props: {
  readonly title: string;
  readonly caption: string;
  readonly lines: readonly Line[];
  readonly xName: string;
  readonly yName: string;
  readonly xText: (x: number) => string;
  readonly yText: (y: number) => string;
  readonly marks: readonly Mark[];
  /** A line that y should stay below, of y = x. */
  readonly limit?: boolean;
  /** A height that is marked. */
  readonly level?: { readonly y: number; readonly name: string };
  /** What chooses what is drawn. */
  readonly children?: ComponentChildren;
}) {
  const { title, caption, lines, xName, yName, xText, yText, marks, limit = false, level, children } = props;
  const xs = lines.flatMap(({ points }) => points.map(([x]) => x));
  const ys = lines.flatMap(({ points }) => points.map(([, y]) => y)).filter(Number.isFinite);
  if (xs.length === 0 || ys.length === 0) return null;
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  const yTicks = evenTicks(0, Math.max(...ys, limit ? x1 : 0, level?.y ?? 0));
  const xTicks = evenTicks(x0, x1).filter((x) => x >= x0 - 1e-9 && x <= x1 + 1e-9);
  const y1 = yTicks[yTicks.length - 1];
  const px = (x: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * (x - x0)) / Math.max(x1 - x0, 1e-9);
  const py = (y: number): number => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * y) / y1;
  const path = (points: Line['points']): string =>
    points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join('');
  return (
    <figure class="card chart">
      <figcaption>
        <h2>{title}</h2>
        <p class="muted">{caption}</p>
        {children}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={described(props)}>
        {yTicks.map((y) => (
          <g key={y}>
            <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={py(y)} y2={py(y)} />
            <text x={LEFT - 7} y={py(y) + 4} text-anchor="end">
              {yText(y)}
            </text>
          </g>
        ))}
        {xTicks.map((x) => (
          <text key={x} x={px(x)} y={HEIGHT - BOTTOM + 17} text-anchor="middle">
            {xText(x)}
          </text>
        ))}
        {limit && (
          <path
            class="limit"
            d={path([
              [x0, x0],
              [x1, x1],
            ])}
          />
        )}
        {level && (
          <>
            <line class="limit" x1={LEFT} x2={WIDTH - RIGHT} y1={py(level.y)} y2={py(level.y)} />
            <text x={WIDTH - RIGHT - 4} y={py(level.y) - 5} text-anchor="end">
              {level.name}
            </text>
          </>
        )}
        {marks
          .filter(({ x }) => x >= x0 && x <= x1)
          .map(({ x, name }, at) => (
            <g key={name}>
              <line class="at" x1={px(x)} x2={px(x)} y1={TOP} y2={HEIGHT - BOTTOM} />
              <text {...besideMark(px(x))} y={TOP + 10 + 15 * at}>
                {name}
              </text>
            </g>
          ))}
        {lines.map(({ name, tone, points }) => (
          <path key={name} class="line" d={path(points)} style={{ stroke: `var(--${tone})` }} />
        ))}
        <text class="name" x={(LEFT + WIDTH - RIGHT) / 2} y={HEIGHT - 5} text-anchor="middle">
          {xName}
        </text>
      </svg>
      <p class="legend">
        <span class="muted">{yName}</span>
        {lines.map(({ name, tone }) => (
          <span key={name}>
            <i style={{ background: `var(--${tone})` }} aria-hidden="true" />
            {name}
          </span>
        ))}
        {limit && (
          <span>
            <i class="dashed" aria-hidden="true" />
            what is promised
          </span>
        )}
      </p>
    </figure>
  );
}

/** Round values from below the one to above the other, four to six of them. */
function evenTicks(from: number, to: number): number[] {
  const rough = Math.max(to - from, 1e-9) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5].find((factor) => factor * power >= rough - 1e-12) ?? 10);
  const first = Math.floor(from / step + 1e-9);
  const last = Math.ceil(to / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** The name of a mark stands to its right, or to its left where there is no room. */
function besideMark(x: number) {
  return x > WIDTH - RIGHT - 80 ? { x: x - 5, 'text-anchor': 'end' as const } : { x: x + 5 };
}

/** The chart for those who do not see it. */
function described({ title, lines, xText, yText, marks, level }: Parameters<typeof Chart>[0]): string {
  const ends = lines.flatMap(({ name, points }) => {
    const first = points[0];
    const last = points[points.length - 1];
    return first && last
      ? [`${name} from ${yText(first[1])} at ${xText(first[0])} to ${yText(last[1])} at ${xText(last[0])}`]
      : [];
  });
  const marked = [
    ...(level ? [`${level.name} at ${yText(level.y)}`] : []),
    ...marks.flatMap(({ x, name }) => (name ? [`${name} at ${xText(x)}`] : [])),
  ];
  return `${title}: ${[...ends, ...marked].join('; ')}`;
}
