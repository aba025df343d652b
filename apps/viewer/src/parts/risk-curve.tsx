import { useSignal } from '@preact/signals';
import type { Calibrated } from '../engine/index.ts';
import { huPerUnit, listed, organName, plainPercent, procedureName } from '../words.ts';
import { Chart, type Mark } from './chart.tsx';
import { Select } from './choices.tsx';

const ALL = 'all';

/**
 * R̂(λ), what a procedure moves about on: the share missed when one λ widens every interval, of whole scans or of an organ in the
 * scans that contain it, with ε and the λ̂ that the procedure found for it.
 */
export function RiskCurve({ result }: { readonly result: Calibrated }) {
  const { calibration, riskCurve } = result;
  const { epsilon, heuristic, labels, procedure, units } = calibration;
  const organ = useSignal<string>(ALL);
  if (riskCurve === null) return null;
  const of = riskCurve.organs[organ.value] ? organ.value : ALL;
  const risk = riskCurve.organs[of] ?? riskCurve.risk;
  // λ of these is a factor, of the others a distance.
  const factor = heuristic === 'multiplicative' || heuristic === 'std';
  const inHu = !factor && units != null;
  const unit = factor ? 1 : units ? huPerUnit(units.window as [number, number]) : 100;
  const rounded = (value: number): string => String(Number(value.toPrecision(3)));
  const own = foundFor(calibration, of);
  const found = own ?? [];
  const marks = found.map(({ name, value }): Mark => ({ name, x: value * unit }));
  const last = usefulEnd(riskCurve.lambda, risk, epsilon, Math.max(0, ...found.map(({ value }) => value)));
  const points = riskCurve.lambda.slice(0, last + 1).map((value, at) => [value * unit, risk[at]] as const);
  const withUnit = (value: number): string =>
    `${rounded(value).replace('-', '−')}${inHu ? ' HU' : factor ? '' : '%'}`;
  const ids = Object.keys(riskCurve.organs);
  const where = of === ALL ? '' : ` for ${organName(labels[of] ?? of)}`;
  return (
    <div class="charts">
      <Chart
        title={`Risk against λ (${procedureName(procedure)}, ε = ${plainPercent(epsilon)})`}
        caption={`Share of voxels outside when one λ widens every interval, over all scans that were read. ${
          found.length > 0
            ? `${procedureName(procedure)} found ${listed(marks.map(({ name, x }) => `${name} = ${withUnit(x)}`))}${where} on the calibration scans for ε = ${plainPercent(epsilon)}.`
            : ''
        }${withoutLambda(calibration, own, where)}`}
        lines={[{ name: of === ALL ? 'R̂(λ)' : 'R̂(λ) of it', tone: 'crc', points }]}
        xName={inHu ? 'λ, HU' : factor ? 'λ' : 'λ, % of the range'}
        yName="outside:"
        xText={rounded}
        yText={(share) => plainPercent(Math.round(1000 * share) / 1000)}
        marks={marks}
        level={{ y: epsilon, name: 'ε' }}
      >
        <Select
          label="Voxels of"
          value={of}
          options={[
            { value: ALL, name: 'whole scans' },
            ...ids.map((id) => ({ value: id, name: organName(labels[id] ?? `label ${id}`) })),
          ]}
          onChange={(value) => {
            organ.value = value;
          }}
        />
      </Chart>
    </div>
  );
}

/** Why no λ̂ is marked. */
function withoutLambda(
  calibration: Calibrated['calibration'],
  found: readonly unknown[] | null,
  where: string,
): string {
  const procedure = procedureName(calibration.procedure);
  if (found !== null) return found.length === 0 ? `${procedure} found no finite λ${where}.` : '';
  return calibration.partition.kind === 'position'
    ? `${procedure} gives each group of positions a λ of its own.`
    : `${procedure} gives each organ a λ of its own: choose one to see what was found for it.`;
}

/**
 * The finite λ̂ that decide on such voxels: one, one for each side, or, where an organ has many, their mean. Null where voxels have
 * different ones.
 */
function foundFor(
  { lambda, meanLambda, partition: { kind } }: Calibrated['calibration'],
  of: string,
): readonly { readonly name: string; readonly value: number }[] | null {
  const single = kind === 'uniform' ? lambda.all : kind === 'organ' ? lambda[of] : undefined;
  const own = single ?? meanLambda?.[of];
  if (own === undefined) return null;
  const name = single === undefined ? 'mean λ̂' : 'λ̂';
  const sides = typeof own === 'object' ? [own.below, own.above] : [own];
  return sides.flatMap((value, side) => {
    if (typeof value !== 'number') return [];
    return [{ name: sides.length === 1 ? name : `${name} ${side === 0 ? 'below' : 'above'}`, value }];
  });
}

/** Index up to which the curve is worth drawing: where it has fallen to a tenth of ε, and behind λ̂. */
function usefulEnd(
  lambda: readonly number[],
  risk: readonly number[],
  epsilon: number,
  chosen: number,
): number {
  const end = risk.findIndex((value, at) => value < epsilon / 10 && (lambda[at] as number) > chosen);
  return end === -1 ? risk.length - 1 : end;
}
