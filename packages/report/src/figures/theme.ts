import type { Config } from 'vega-lite';

/** A colour in light figures, and what a dark page shows in its place. */
export interface Tone {
  readonly light: string;
  readonly dark: string;
}

/** Colours of figures by use. All but the procedures' are also told apart by form: dashes, width or a label. */
export const TONES = {
  ink: { light: '#1b1f24', dark: '#e8ecf1' },
  muted: { light: '#59626d', dark: '#a3adb8' },
  rule: { light: '#dfe3e8', dark: '#333b45' },
  surface: { light: '#ffffff', dark: '#14181d' },
  tolerance: { light: '#b01e35', dark: '#ff8593' },
  faint: { light: '#b4bcc5', dark: '#5b6673' },
  crc: { light: '#56616c', dark: '#b6c0cb' },
  kCrc: { light: '#0a6eb4', dark: '#5db5f2' },
  semCrc: { light: '#cb5300', dark: '#ff974f' },
  organCrc: { light: '#008066', dark: '#41cfab' },
  shortest: { light: '#8a6d00', dark: '#dcbd45' },
  recentred: { light: '#6a45b8', dark: '#b9a0f5' },
  organShortest: { light: '#00768a', dark: '#4cc4d8' },
  pooled: { light: '#9b4a93', dark: '#e294d7' },
} as const satisfies Readonly<Record<string, Tone>>;

/** How each procedure is drawn: a colour-blind-safe colour, and a form of its own for greyscale. */
export const PROCEDURE_MARKS: Readonly<Record<string, { readonly colour: string; readonly shape: string }>> =
  {
    crc: { colour: TONES.crc.light, shape: 'circle' },
    'k-crc': { colour: TONES.kCrc.light, shape: 'square' },
    'sem-crc': { colour: TONES.semCrc.light, shape: 'triangle-up' },
    'organ-crc': { colour: TONES.organCrc.light, shape: 'diamond' },
    shortest: { colour: TONES.shortest.light, shape: 'triangle-down' },
    recentred: { colour: TONES.recentred.light, shape: 'triangle-right' },
    'organ-shortest': { colour: TONES.organShortest.light, shape: 'triangle-left' },
    pooled: { colour: TONES.pooled.light, shape: 'cross' },
  };

export const FONT = 'DejaVu Sans';
const SIZE = 12;

/** Vega-Lite's own settings, the same in every figure. Labels for screen readers are given once per figure instead. */
export const CONFIG: Config = {
  aria: false,
  font: FONT,
  background: undefined as never,
  view: { stroke: null },
  axis: {
    labelFontSize: SIZE,
    titleFontSize: SIZE,
    titleFontWeight: 'normal',
    labelColor: TONES.ink.light,
    titleColor: TONES.muted.light,
    gridColor: TONES.rule.light,
    domainColor: TONES.faint.light,
    tickColor: TONES.faint.light,
    titlePadding: 8,
    labelPadding: 5,
    labelLimit: 190,
  },
  header: { labelFontSize: SIZE, labelColor: TONES.ink.light, titleFontSize: SIZE },
  legend: {
    labelFontSize: SIZE,
    labelColor: TONES.ink.light,
    titleColor: TONES.muted.light,
    titleFontSize: SIZE,
    titleFontWeight: 'normal',
    symbolSize: 70,
    symbolStrokeWidth: 1.5,
    orient: 'top',
    columnPadding: 18,
    offset: 10,
  },
  title: { fontSize: SIZE, fontWeight: 'normal', color: TONES.muted.light, anchor: 'start', offset: 8 },
  text: { fontSize: SIZE, color: TONES.ink.light },
};
