import type { Calibrated } from '../engine/index.ts';
import { choice } from '../state/store.ts';
import { calibrationNames, huPerUnit, plainPercent } from '../words.ts';
import { Chart, type Line } from './chart.tsx';

/** Colours of procedures in the style sheet, those of the report. */
const TONES: Readonly<Record<string, string>> = {
  crc: 'crc',
  'k-crc': 'k-crc',
  'sem-crc': 'sem-crc',
  'organ-crc': 'organ-crc',
  shortest: 'shortest',
  'organ-shortest': 'organ-shortest',
  recentred: 'recentred',
  pooled: 'pooled',
};

/** Whether promises held on scans that no λ had seen, and how wide intervals were there. */
export function HeldOut({ calibrations }: { readonly calibrations: readonly Calibrated[] }) {
  const shown = calibrations.filter(({ held }) => held.length > 0);
  if (shown.length === 0) return null;
  const { units } = shown[0].calibration;
  const unit = units ? huPerUnit(units.window as [number, number]) : 100;
  const names = calibrationNames(
    shown.map(({ calibration, facts }) => ({ ...calibration, file: facts.name })),
  );
  const lines = (value: (held: Calibrated['held'][number]) => number): Line[] =>
    shown.map(({ calibration, held }, at) => ({
      name: names[at],
      tone: TONES[calibration.procedure] ?? 'crc',
      points: held.map((one) => [one.epsilon, value(one)] as const),
    }));
  const count = shown[0].calibration.split.test.length;
  const marks = choice.value ? [{ x: choice.value.epsilon }] : [];
  return (
    <div class="charts">
      <Chart
        title="Does the promise hold?"
        caption={`Share of voxels outside on ${count} scans that were kept apart, by tolerance.`}
        lines={lines(({ risk }) => risk)}
        xName="tolerance ε"
        yName="outside:"
        xText={plainShare}
        yText={plainShare}
        marks={marks}
        limit
      />
      <Chart
        title="What it costs"
        caption="Mean width of intervals on the same scans: the less may be missed, the wider they are."
        lines={lines(({ length }) => length * unit)}
        xName="tolerance ε"
        yName={units ? 'width, HU:' : 'width, % of the range:'}
        xText={plainShare}
        yText={(width) => String(Number(width.toPrecision(3)))}
        marks={marks}
      />
    </div>
  );
}

const plainShare = (share: number): string => plainPercent(Math.round(1000 * share) / 1000);
