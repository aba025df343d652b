import type { ExperimentDocument } from '@semcrc/core';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { factsOf } from '../src/experiment.ts';
import { certificateFigure } from '../src/figures/certificate.ts';
import { curveFigure } from '../src/figures/curve.ts';
import { lambdaFigure } from '../src/figures/lambda.ts';
import { organsFigure } from '../src/figures/organs.ts';
import { runsFigure } from '../src/figures/runs.ts';
import { lossSpreads, scansFigure } from '../src/figures/scans.ts';
import { tolerancesFigure } from '../src/figures/tolerances.ts';
import { csv, records } from '../src/tables/csv.ts';
import { tableOne, tableOneData, tableOneLatex, tableOneMarkdown } from '../src/tables/table-one.ts';
import { madeDocument } from './made.ts';

const NAMES = { crc: 'CRC', 'k-crc': 'K-CRC', 'sem-crc': 'sem-CRC', 'organ-crc': 'organ-CRC' } as const;
const PROCEDURES = Object.keys(NAMES) as (keyof typeof NAMES)[];
const HU = 425;

const reported = (document: ExperimentDocument) => ({
  name: 'made',
  document,
  curve: { lambda: [0, 0.1, 0.2], risk: [0.3, 0.1, 0.001], organs: { 7: [0.4, 0.2, 0.01] } },
  example: null,
  mended: { clipped: 12, crossed: 0 },
  background: 0.6,
  digest: null,
});

const document = madeDocument({ seed: 5, runs: 7 });
const facts = factsOf(reported(document));
const own = (procedure: string) => document.runs.filter((record) => record.procedure === procedure);
const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values: readonly number[]) =>
  Math.sqrt(average(values.map((value) => value ** 2)) - average(values) ** 2);

describe('Table 1', () => {
  const rows = tableOne([facts]);

  it('holds the means and population sd of experiment.json, in shares and HU, with ε and n', () => {
    const written = parse(csv(tableOneData(rows)), { columns: true }) as Record<string, string>[];
    expect(written.map(({ procedure }) => procedure)).toEqual(PROCEDURES);
    for (const row of written) {
      const tests = own(row.procedure).map(({ test }) => test!);
      const risks = tests.map(({ risk }) => risk);
      const lengths = tests.map(({ length }) => length);
      expect(Number(row.risk_mean)).toBeCloseTo(average(risks), 12);
      expect(Number(row.risk_sd)).toBeCloseTo(spread(risks), 9);
      expect(Number(row.length_mean)).toBeCloseTo(average(lengths), 12);
      expect(Number(row.length_mean_hu)).toBeCloseTo(HU * average(lengths), 9);
      expect(Number(row.length_sd_hu)).toBeCloseTo(HU * spread(lengths), 6);
      expect(row).toMatchObject({
        epsilon: '0.1',
        runs: '7',
        scans_opt: '8',
        scans_cal: '20',
        scans_test: '12',
      });
    }
  });

  it('prints the same figures, rounded, in Markdown and LaTeX', () => {
    for (const procedure of PROCEDURES) {
      const lengths = own(procedure).map(({ test }) => test!.length);
      const figure = `${(100 * average(lengths)).toFixed(2)} ± ${(100 * spread(lengths)).toFixed(2)}`;
      expect(tableOneMarkdown(rows)).toContain(`| ${NAMES[procedure]} | 0.1 | 8 + 20 / 12 | 7 |`);
      expect(tableOneMarkdown(rows)).toContain(figure);
      expect(tableOneLatex(rows)).toContain(`$${figure.replace('±', '\\pm')}$`);
    }
  });

  it('escapes what Markdown, LaTeX and spreadsheets would take for markup', () => {
    const hostile = tableOne([
      factsOf(reported(madeDocument({ runs: 1, source: '=1+1|<script>$\\input{x}_&%#{}~^' }))),
    ]);
    expect(tableOneMarkdown(hostile)).not.toContain('<script>');
    expect(tableOneMarkdown(hostile)).toContain('\\|');
    expect(tableOneLatex(hostile)).toContain('\\$\\textbackslash{}input\\{x\\}\\_\\&\\%\\#');
    expect(csv(tableOneData(hostile))).toContain("'=1+1");
  });
});

describe('the numbers behind a figure are those of experiment.json', () => {
  it('for every run', () => {
    const rows = records(runsFigure(facts).data);
    expect(rows.length).toBe(document.runs.length);
    for (const record of document.runs) {
      const row = rows.find(
        (one) => one.procedure === NAMES[record.procedure as never] && one.run === record.run,
      )!;
      expect(row).toMatchObject({ risk: record.test!.risk, length: record.test!.length });
      expect(row.length_hu).toBeCloseTo(HU * record.test!.length, 9);
    }
  });

  it('for single scans: shares of each bar, median, 90% and share above ε', () => {
    const rows = records(scansFigure(facts)!.data);
    for (const spread of lossSpreads(facts)) {
      const losses = own(spread.procedure).flatMap(({ test }) => test!.perScan!.risk);
      const sorted = [...losses].sort((a, b) => a - b);
      expect(spread.above).toBeCloseTo(losses.filter((loss) => loss > 0.1).length / losses.length, 12);
      expect(spread.median).toBeCloseTo((sorted[losses.length / 2 - 1] + sorted[losses.length / 2]) / 2, 12);
      expect(sorted.filter((loss) => loss <= spread.p90).length / losses.length).toBeCloseTo(0.9, 1);
      const bars = rows.filter(({ procedure }) => procedure === NAMES[spread.procedure as never]);
      expect(bars.reduce((sum, bar) => sum + Number(bar.share_of_scans), 0)).toBeCloseTo(1, 12);
      for (const bar of bars) {
        const [from, to] = [Number(bar.loss_from), Number(bar.loss_to)];
        const share = losses.filter((loss) => loss >= from && loss < to).length / losses.length;
        expect(bar.share_of_scans).toBeCloseTo(share, 12);
      }
    }
  });

  it('for organs: means over the runs, and the scans behind them', () => {
    const rows = records(organsFigure(facts).data);
    expect(rows.length).toBe(PROCEDURES.length * Object.keys(document.labels).length);
    for (const row of rows) {
      const id = Object.keys(document.labels).find(
        (key) => document.labels[key].replaceAll('_', ' ') === row.organ,
      )!;
      const procedure = PROCEDURES.find((name) => NAMES[name] === row.procedure)!;
      const organs = own(procedure).map(({ test }) => test!.organs[id]);
      expect(row.risk).toBeCloseTo(average(organs.map(({ risk }) => risk)), 12);
      expect(row.risk_sd).toBeCloseTo(spread(organs.map(({ risk }) => risk)), 7);
      expect(row.length_hu).toBeCloseTo(HU * average(organs.map(({ length }) => length)), 9);
      expect(row).toMatchObject({ scans_least: 12, scans_most: 12 });
    }
  });

  it('for λ̂: mean and range over runs in HU, below and above where they differ', () => {
    const twoSided = madeDocument({ seed: 9, runs: 4, twoSided: true });
    for (const one of [document, twoSided]) {
      for (const row of records(lambdaFigure(factsOf(reported(one)))!.data)) {
        const id = Object.keys(one.labels).find((key) => one.labels[key].replaceAll('_', ' ') === row.organ)!;
        const values = one.runs
          .filter(({ procedure }) => NAMES[procedure as never] === row.procedure)
          .map(({ lambda }) => {
            const value = lambda[id];
            return HU * Number(typeof value === 'object' ? value[row.side as 'below' | 'above'] : value);
          });
        expect(row.lambda_hu).toBeCloseTo(average(values), 9);
        expect(row.least_hu).toBeCloseTo(Math.min(...values), 9);
        expect(row.most_hu).toBeCloseTo(Math.max(...values), 9);
      }
    }
  });

  it('for strata: the range over the bins of an organ', () => {
    const [record] = document.runs.filter(({ procedure }) => procedure === 'sem-crc');
    const strata = { ...record, lambda: { '7/0': 0.01, '7/1': 0.03 } };
    const data = lambdaFigure(factsOf(reported({ ...document, runs: [strata] })))!.data;
    expect(records(data)).toEqual([
      expect.objectContaining({
        organ: 'liver',
        least_hu: 0.01 * HU,
        most_hu: 0.03 * HU,
        lambda_hu: 0.02 * HU,
      }),
    ]);
  });

  it('for the risk curve and the anchor’s certificate', () => {
    const curve = records(curveFigure(facts)!.data);
    expect(curve).toContainEqual({ curve: 'whole scan', lambda: 0.1, lambda_hu: 42.5, risk: 0.1 });
    expect(curve).toContainEqual({ curve: 'liver', lambda: 0, lambda_hu: 0, risk: 0.4 });
    const { anchor } = own('sem-crc')[0];
    const bounds = records(certificateFigure(anchor, document.units!, 'run 0')!.data);
    expect(bounds.map(({ gamma, lower_bound, upper_bound }) => [gamma, lower_bound, upper_bound])).toEqual([
      [0.5, 0.065, null],
      [0.7, 0.0599, 0.06],
    ]);
  });

  it('for several tolerances', () => {
    const documents = [0.05, 0.1].map((epsilon) => madeDocument({ seed: 2, epsilon, risk: epsilon * 0.9 }));
    const data = tolerancesFigure(documents.map((one) => factsOf(reported(one))))!.data;
    for (const row of records(data)) {
      const one = documents.find(({ config }) => config.epsilon === row.epsilon)!;
      const risks = one.runs
        .filter(({ procedure }) => NAMES[procedure as never] === row.procedure)
        .map(({ test }) => test!.risk);
      expect(row.risk).toBeCloseTo(average(risks), 12);
    }
  });
});
