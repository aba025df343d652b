import type { Calibrated } from '../engine/index.ts';
import { huPerUnit, plainPercent } from '../words.ts';
import { Chart } from './chart.tsx';

/** R̂(λ): what one λ for all voxels misses, with ε and the λ̂ that was found. Nothing where there are several λ. */
export function RiskCurve({ result: { calibration, riskCurve, facts } }: { readonly result: Calibrated }) {
  const { epsilon, heuristic, lambda, partition, units } = calibration;
  const chosen = lambda.all;
  if (riskCurve === null || partition.kind !== 'uniform' || typeof chosen !== 'number') return null;
  // λ of these is a factor, of the others a distance.
  const factor = heuristic === 'multiplicative' || heuristic === 'std';
  const inHu = !factor && units != null;
  const unit = factor ? 1 : units ? huPerUnit(units.window as [number, number]) : 100;
  const name = inHu ? 'λ, HU' : factor ? 'λ' : 'λ, % of the range';
  const rounded = (value: number): string => String(Number(value.toPrecision(3)));
  const last = usefulEnd(riskCurve, epsilon, chosen);
  const points = riskCurve.lambda
    .slice(0, last + 1)
    .map((value, at) => [value * unit, riskCurve.risk[at]] as const);
  const found = `${rounded(chosen * unit)}${inHu ? ' HU' : factor ? '' : '%'}`;
  return (
    <div class="charts">
      <Chart
        title={`Risk against λ (${facts.name})`}
        caption={`Share of voxels outside when one λ widens every interval, over all scans that were read. λ̂ = ${found} was found on the calibration scans for ε = ${plainPercent(epsilon)}, with a margin for how few they are.`}
        lines={[{ name: 'R̂(λ)', tone: 'crc', points }]}
        xName={name}
        yName="outside:"
        xText={rounded}
        yText={(share) => plainPercent(Math.round(1000 * share) / 1000)}
        at={chosen * unit}
        atName="λ̂"
        level={{ y: epsilon, name: 'ε' }}
      />
    </div>
  );
}

/** Index up to which the curve is worth drawing: where it has fallen to a tenth of ε, and behind λ̂. */
function usefulEnd(
  { lambda, risk }: NonNullable<Calibrated['riskCurve']>,
  epsilon: number,
  chosen: number,
): number {
  const end = risk.findIndex((value, at) => value < epsilon / 10 && (lambda[at] as number) > chosen);
  return end === -1 ? risk.length - 1 : end;
}
