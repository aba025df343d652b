// Charts as SVG text: panels with two labelled axes, and the marks drawn in them. Coordinates are rounded to a tenth of
// a pixel, so that the same numbers give the same bytes.

/** Colours that stay apart for colour-blind readers (Okabe and Ito 2008); one meaning each where a figure allows. */
export const INK = {
  text: '#1f2328',
  quiet: '#59636e',
  faint: '#c4cad1',
  grid: '#e7eaee',
  blue: '#0072b2',
  red: '#d55e00',
  green: '#009e73',
  purple: '#aa4499',
  amber: '#c98200',
  sky: '#3ba3d8',
};

/** @typedef {Record<string, string | number>} Attributes */
/** @typedef {readonly [x: number, y: number]} Point */
/**
 * @typedef {object} Axis
 * @property {readonly [from: number, to: number]} range
 * @property {readonly number[]} ticks
 * @property {string} label words and unit
 * @property {(value: number) => string} [format] of tick labels
 * @property {boolean} [log] logarithmic
 */

/** A coordinate, or any number, to a tenth. @param {number} value */
export function tenth(value) {
  return String(Math.round(value * 10) / 10 || 0);
}

/** @param {string} name @param {Attributes} attributes @param {string} [content] */
export function element(name, attributes, content) {
  const listed = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? tenth(value) : value}"`,
  );
  return content === undefined
    ? `<${name}${listed.join('')}/>`
    : `<${name}${listed.join('')}>${content}</${name}>`;
}

/** Words, with a white rim that keeps them legible over lines. @param {number} x @param {number} y @param {string} words @param {Attributes} [style] */
export function words(x, y, words, style = {}) {
  return element(
    'text',
    {
      x,
      y,
      stroke: '#ffffff',
      'stroke-width': 4,
      'paint-order': 'stroke',
      'stroke-linejoin': 'round',
      ...style,
    },
    words,
  );
}

/** A heading over a panel. @param {number} x @param {number} y @param {string} text */
export function heading(x, y, text) {
  return element('text', { x, y, 'font-size': 14, 'font-weight': 'bold' }, text);
}

/**
 * A whole picture on white, so that it reads on a dark page too.
 * @param {{ width: number, height: number, title: string }} frame
 * @param {readonly string[]} parts
 */
export function picture({ width, height, title }, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13" fill="${INK.text}" role="img">
<title>${title}</title>
<rect width="100%" height="100%" rx="8" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`;
}

/** @param {Axis} axis @param {number} start pixel of range[0] @param {number} end pixel of range[1] */
function scaleOf({ range, log }, start, end) {
  const place = log ? Math.log : (/** @type {number} */ value) => value;
  const [from, to] = range.map(place);
  return (/** @type {number} */ value) => start + ((place(value) - from) / (to - from)) * (end - start);
}

/**
 * A panel: its scales, and marks in data coordinates, each as SVG text. What overshoots the axes is cut off by `clip`.
 */
export class Panel {
  /**
   * @param {{ left: number, top: number, width: number, height: number }} box in pixels, without the labels around it
   * @param {Axis} across @param {Axis} up
   */
  constructor({ left, top, width, height }, across, up) {
    this.box = { left, top, right: left + width, bottom: top + height, width, height };
    this.across = across;
    this.up = up;
    this.x = scaleOf(across, left, left + width);
    this.y = scaleOf(up, top + height, top);
  }

  /** Grid, axes, ticks and the labels of both axes: y over its axis, x under the middle of its. */
  axes() {
    const { left, right, top, bottom } = this.box;
    const rows = this.up.ticks.map((tick) => {
      const y = this.y(tick);
      const label = (this.up.format ?? String)(tick);
      return `${element('line', { x1: left, x2: right, y1: y, y2: y, stroke: INK.grid })}${element('text', { x: left - 7, y: y + 4.4, 'text-anchor': 'end', fill: INK.quiet, 'font-size': 12 }, label)}`;
    });
    const columns = this.across.ticks.map((tick) => {
      const x = this.x(tick);
      const label = (this.across.format ?? String)(tick);
      return `${element('line', { x1: x, x2: x, y1: bottom, y2: bottom + 4, stroke: INK.quiet })}${element('text', { x, y: bottom + 18, 'text-anchor': 'middle', fill: INK.quiet, 'font-size': 12 }, label)}`;
    });
    return [
      ...rows,
      ...columns,
      element('line', { x1: left, x2: right, y1: bottom, y2: bottom, stroke: INK.quiet }),
      element('text', { x: left - 34, y: top - 12 }, this.up.label),
      element('text', { x: (left + right) / 2, y: bottom + 38, 'text-anchor': 'middle' }, this.across.label),
    ].join('\n');
  }

  /** Straight lines between points. @param {Iterable<Point>} points @param {Attributes} style */
  line(points, style) {
    const corners = [];
    let last = '';
    for (const [x, y] of points) {
      const corner = `${tenth(this.x(x))} ${tenth(this.y(y))}`;
      if (corner !== last) corners.push(corner);
      last = corner;
    }
    return element('path', {
      d: `M${corners.join('L')}`,
      fill: 'none',
      'stroke-linejoin': 'round',
      ...style,
    });
  }

  /**
   * A right-continuous step function: at each point it jumps to the point's y, and holds it up to the next. Jumps that
   * fall into one half of a pixel are drawn as one.
   * @param {Iterable<Point>} points by ascending x @param {number} end x up to which the last value holds @param {Attributes} style
   */
  steps(points, end, style) {
    const half = (/** @type {number} */ value) => Math.round(value * 2) / 2;
    let path = '';
    let at = { x: 0, y: 0 };
    for (const [px, py] of points) {
      const x = half(this.x(px));
      const y = half(this.y(py));
      if (path === '') path = `M${x} ${y}`;
      else if (y === at.y) continue;
      else path += x === at.x ? `V${y}` : `H${x}V${y}`;
      at = { x, y };
    }
    return element('path', { d: `${path}H${half(this.x(end))}`, fill: 'none', ...style });
  }

  /** A filled area between corners. @param {readonly Point[]} corners @param {Attributes} style */
  area(corners, style) {
    const path = corners.map(([x, y]) => `${tenth(this.x(x))} ${tenth(this.y(y))}`).join('L');
    return element('path', { d: `M${path}Z`, ...style });
  }

  /** @param {Point} point @param {Attributes} style */
  dot([x, y], style) {
    return element('circle', {
      cx: this.x(x),
      cy: this.y(y),
      r: 4.5,
      stroke: '#ffffff',
      'stroke-width': 1.5,
      ...style,
    });
  }

  /** Words beside a point. @param {Point} point @param {string} text @param {Attributes & { dx?: number, dy?: number }} [style] */
  note([x, y], text, { dx = 0, dy = 0, ...style } = {}) {
    return words(this.x(x) + Number(dx), this.y(y) + Number(dy), text, style);
  }

  /** Marks cut off at the panel's edges. @param {readonly string[]} marks */
  clip(marks) {
    const id = `panel${this.box.left}-${this.box.top}`.replaceAll('.', '_');
    const { left, top, width, height } = this.box;
    return `<clipPath id="${id}">${element('rect', { x: left, y: top, width, height })}</clipPath><g clip-path="url(#${id})">\n${marks.join('\n')}\n</g>`;
  }
}

/** Whole numbers from `from` to `to`, `step` apart. @param {number} from @param {number} to @param {number} step */
export function ticks(from, to, step) {
  return Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => from + i * step);
}

/**
 * Ticks from 0 up to the first that `most` does not exceed, four to nine of them after 0, a round number apart.
 * @param {number} most above 0
 */
export function ticksTo(most) {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = [10, 5, 2, 1].map((digit) => digit * power).find((width) => width <= most / 3.5) ?? power;
  return ticks(0, Math.ceil(most / step) * step, step);
}

/** @param {number} value */
export const percent = (value) => `${Math.round(value * 1000) / 10}%`;

/**
 * A key: for each row a mark and lines of words, the first in ink, the rest quiet.
 * @param {number} left @param {number} top
 * @param {readonly { line?: Attributes, dot?: Attributes, box?: Attributes, words: readonly string[] }[]} rows
 */
export function key(left, top, rows) {
  let y = top;
  return rows
    .map(({ line, dot, box, words: lines }) => {
      const mark = [
        line &&
          element('line', {
            x1: left,
            x2: left + 22,
            y1: y - 4.5,
            y2: y - 4.5,
            'stroke-width': 2.2,
            ...line,
          }),
        box && element('rect', { x: left, y: y - 11, width: 22, height: 12, ...box }),
        dot && element('circle', { cx: left + 11, cy: y - 4.5, r: 5, ...dot }),
      ];
      const text = lines.map((words, i) =>
        element('text', { x: left + 32, y: y + 17 * i, ...(i > 0 ? { fill: INK.quiet } : {}) }, words),
      );
      y += 17 * lines.length + 11;
      return [...mark, ...text].filter((part) => part !== undefined).join('');
    })
    .join('\n');
}

/**
 * Heights moved apart, in their order and as little as needed, until neighbours are `gap` pixels from each other.
 * @param {readonly number[]} heights @param {number} gap @returns {number[]} in the order given
 */
export function apart(heights, gap) {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b] || a - b);
  /** Runs of labels that touch, each about its own mean. @type {{ members: number[], middle: number }[]} */
  const runs = [];
  for (const i of order) {
    let run = { members: [i], middle: heights[i] };
    for (let before = runs[runs.length - 1]; before; before = runs[runs.length - 1]) {
      const room = ((before.members.length + run.members.length) / 2) * gap;
      if (run.middle - before.middle >= room) break;
      runs.pop();
      const members = [...before.members, ...run.members];
      run = { members, middle: members.reduce((sum, member) => sum + heights[member], 0) / members.length };
    }
    runs.push(run);
  }
  const moved = new Array(heights.length).fill(0);
  for (const { members, middle } of runs) {
    members.forEach((member, place) => {
      moved[member] = middle + (place - (members.length - 1) / 2) * gap;
    });
  }
  return moved;
}
