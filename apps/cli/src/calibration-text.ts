import { type Calibration, promisesOrgans, type RunRecord, type UnitsRecord } from '@semcrc/core';
import {
  facts,
  figure,
  inHu,
  lambdaInHu,
  lambdaRange,
  lambdaText,
  meanInHu,
  table,
  wrapped,
} from './table.ts';

/** A calibration as its reader wants to see it: what was asked, λ̂, how held-out scans fare, organ by organ. */
export function calibrationText(calibration: Calibration): string {
  const { procedure, epsilon, bound, delta, split, anchor, omega, test, source, lambda, units } = calibration;
  const keys = Object.keys(lambda);
  const pairs: [string, string][] = [
    ['procedure', procedure],
    ['tolerance', `ε = ${epsilon}${delta === null ? '' : `, δ = ${delta} (${bound})`}`],
    ['source', `${source.name}, ${source.scans} scans`],
    [
      'scans',
      `${split.opt.length} to optimize, ${split.cal.length} to calibrate, ${split.test.length} held out (seed ${calibration.seed})`,
    ],
    ['n', `${calibration.n} calibration ${unitName(calibration)}`],
  ];
  if (anchor !== null) {
    pairs.push([
      'anchor',
      `${anchorText(anchor)}, length objective ${figure(anchor.objective)} (${inHu(anchor.objective, units)} HU), proven within ${anchor.gap.toExponential(1)} of the best`,
    ]);
  }
  if (omega !== null) pairs.push(['ω̂', omega.toFixed(6)]);
  if (keys.length === 1)
    pairs.push(['λ̂', `${exact(lambda[keys[0]])} (${lambdaInHu([lambda[keys[0]]], units)} HU)`]);
  else if (calibration.partition.kind === 'position') {
    pairs.push([
      'λ̂',
      keys
        .map((key) => `group ${key}: ${lambdaText(lambda[key])} (${lambdaInHu([lambda[key]], units)} HU)`)
        .join(', '),
    ]);
  }
  pairs.push(
    test === null
      ? ['held out', 'nothing: every patient was calibrated on']
      : [
          'held out',
          `risk ${figure(test.risk)}, length ${figure(test.length)} of the data range (${inHu(test.length, units)} HU)`,
        ],
  );
  if (calibration.curve !== undefined) pairs.push(['curve', curveText(calibration.curve)]);
  return `${facts(pairs)}\n\n${organTable(calibration)}\n\n${wrapped(`Guarantee: ${calibration.guarantee}`)}`;
}

/** Over which tolerances a curve goes, and where it has no λ. */
function curveText(curve: NonNullable<Calibration['curve']>): string {
  const feasible = curve.filter(({ status }) => status === 'calibrated');
  const [first, last] = [feasible[0], feasible.at(-1)];
  const lost = curve.length - feasible.length;
  const least = lost === 0 ? '' : `; ${lost} smaller ${lost === 1 ? 'one is' : 'ones are'} infeasible`;
  return `λ̂ at ${feasible.length} tolerances, ε = ${first?.epsilon} to ${last?.epsilon}${least}`;
}

function anchorText(anchor: NonNullable<Calibration['anchor']>): string {
  if (anchor.method === 'envelope') return `envelope at share ${anchor.epsilon.toPrecision(4)}`;
  return `γ = ${anchor.gamma.toFixed(4)}${anchor.atRangeEnd ? ' (an end of the range tried)' : ''}`;
}

function unitName({ split, n, procedure }: Calibration): string {
  const scans = procedure === 'crc' ? split.opt.length + split.cal.length : split.cal.length;
  return n === scans || promisesOrgans(procedure) || procedure === 'pooled' ? 'scans' : 'patients';
}

/** All the digits of an f32, so that it can be copied. */
function exact(value: Calibration['lambda'][string]): string {
  if (typeof value === 'object') return `${exact(value.below)} below, ${exact(value.above)} above`;
  return value === 'Infinity' ? '∞' : String(value);
}

/** λ, held-out risk and length of every label. */
function organTable(calibration: Calibration): string {
  const { labels, lambda, meanLambda, organs, test, units } = calibration;
  const ids = Object.keys(labels).sort((a, b) => Number(a) - Number(b));
  const { kind } = calibration.partition;
  const byOrgan = kind === 'organ' || kind === 'strata' || kind === 'learned';
  const lambdasOf = (id: string) =>
    Object.entries(lambda).flatMap(([key, value]) => (key === id || key.startsWith(`${id}/`) ? [value] : []));
  const statuses = Object.keys(organs).length > 0;
  const head = [
    'organ',
    ...(byOrgan ? (meanLambda ? ['mean λ̂', 'mean λ̂ HU', 'λ̂ HU from … to'] : ['λ̂', 'λ̂ HU']) : []),
    'risk',
    'length',
    'HU',
    'test scans',
    ...(statuses ? ['n', 'status'] : []),
  ];
  const rows = ids.map((id) => {
    const held = test?.organs[id];
    const status = organs[id];
    return [
      labels[id],
      ...(byOrgan && meanLambda ? [lambdaText(meanLambda[id]), meanInHu(meanLambda[id], units)] : []),
      ...(byOrgan && !meanLambda ? [lambdaRange(lambdasOf(id))] : []),
      ...(byOrgan ? [lambdaInHu(lambdasOf(id), units)] : []),
      figure(held?.risk),
      figure(held?.length),
      inHu(held?.length, units),
      held?.scans ?? 0,
      ...(statuses ? [status?.nCal ?? '–', status?.status ?? '–'] : []),
    ];
  });
  return [table(head, rows), ...leaves(calibration), ...scanOnly(calibration.procedure)].join('\n\n');
}

/** Where the λ behind an organ's mean stand. */
function leaves({ partition, lambda }: Calibration): string[] {
  if (partition.kind !== 'learned' && partition.kind !== 'strata') return [];
  const count = Object.keys(lambda).length;
  const where =
    partition.kind === 'learned' ? ', which voxels each belongs to in words under partition.rules' : '';
  return [
    wrapped(
      `Means are over an organ's voxels on the opt scans; below 0 intervals shrink. All ${count} λ̂ stand in the calibration${where}.`,
    ),
  ];
}

/** What stands beside a table by organ of a procedure that promises the scan's risk and has a λ for each organ. */
export function scanOnly(procedure: Calibration['procedure']): string[] {
  if (procedure !== 'sem-crc' && procedure !== 'shortest' && procedure !== 'recentred') return [];
  return [wrapped('The promise is for the scan, not for each organ; organ-crc promises every organ.')];
}

/** What an experiment's runs come to, procedure by procedure. */
export function summaryTable(
  rows: readonly {
    readonly procedure: RunRecord['procedure'];
    readonly runs: number;
    readonly risk: { readonly mean: number; readonly sd: number } | null;
    readonly length: { readonly mean: number; readonly sd: number } | null;
  }[],
  units: UnitsRecord | null,
): string {
  return table(
    ['procedure', 'runs', 'risk', '± sd', 'length', '± sd', 'HU', '± sd'],
    rows.map(({ procedure, runs, risk, length }) => [
      procedure,
      runs,
      figure(risk?.mean),
      figure(risk?.sd),
      figure(length?.mean),
      figure(length?.sd),
      inHu(length?.mean, units),
      inHu(length?.sd, units),
    ]),
  );
}
