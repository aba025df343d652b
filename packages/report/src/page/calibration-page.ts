import { promisesOrgans } from '@semcrc/core';
import {
  type Card,
  cardOf,
  cardOrganName,
  lambdaInWords,
  type ReportedCalibration,
  sidesInWords,
} from '../card/card.ts';
import { certificateFigure } from '../figures/certificate.ts';
import type { Figure } from '../figures/figure.ts';
import { pageFont } from '../figures/font.ts';
import { lambdaFigure } from '../figures/lambda.ts';
import { organsFigure } from '../figures/organs.ts';
import type { PlainSummary } from '../verdict/summary.ts';
import { counted, inHu, percent, plainPercent, procedureName, shortened, visible } from '../words.ts';
import { page } from './document.ts';
import { type DrawnFigure, drawn } from './drawn-figure.ts';
import { figure, link } from './figure.ts';
import { type Html, html, name, type Part } from './html.ts';
import {
  againstTolerance,
  flagList,
  folded,
  measuredFact,
  optionText,
  plainList,
  section,
  verdictSection,
  versionsText,
} from './sections.ts';
import { table } from './table.ts';

/** A calibration card: one page for people, and its twin for programs. */
export interface CalibrationReport {
  readonly page: string;
  readonly card: Card;
}

/**
 * The card of a calibration, and of an evaluation beside it, for those who answer for its use.
 *
 * @param versions of the programs that write it
 */
export async function calibrationReport(
  reported: ReportedCalibration,
  versions: Readonly<Record<string, string>>,
): Promise<CalibrationReport> {
  const { card, facts, summary } = cardOf(reported);
  const { units, followed } = facts;
  const [record] = followed.records;
  const certificate = certificateFigure(record.anchor, units, procedureName(card.procedure));
  const figures: Figure[] = [
    ...(record.test === null ? [] : [organsFigure(facts)]),
    ...[lambdaFigure(facts)].filter((one) => one !== null),
  ];
  const shown: DrawnFigure[] = [];
  for (const one of figures) shown.push(await drawn(one));
  const proof = certificate && (await drawn(certificate));
  const sections: [id: string, heading: string, content: Part][] = [
    ['flags', 'What not to overlook', flagList(summary.flags)],
    ['what', 'What was calibrated, and on what', whatSection(card)],
    ['by-organ', 'Organ by organ', organTable(card)],
    ...(shown.length > 0
      ? [['figures', 'Figures', shown.map((one) => figure(one))] as [string, string, Part]]
      : []),
    [
      'guarantee',
      'What is guaranteed, and what is not',
      html`<p>${card.guaranteed}</p><h3>Not guaranteed</h3><ul>${card.notGuaranteed.map((line) => html`<li>${line}</li>`)}</ul>`,
    ],
    ['check', 'How to check it again', checkSection(card)],
    ['details', 'Details', detailSection(card, reported, proof, versions)],
  ];
  const title = `Calibration card: ${procedureName(card.procedure)} at ε = ${card.epsilon}`;
  return {
    card,
    page: page(
      {
        title,
        lead: html`${name(shortened(visible(card.calibration.file), 80))}, calibrated on ${counted(card.n, 'patient')} of ${name(shortened(visible(card.source.name), 80))}.`,
        contents: [['verdict', 'Verdict'], ...sections.map(([id, heading]) => [id, heading] as const)],
        body: [
          verdictSection(
            summary.verdict,
            keyFacts(card, summary),
            summary.advice.length > 0 &&
              html`<h3>What to do next</h3><ul>${summary.advice.map((line) => html`<li>${line}</li>`)}</ul>`,
          ),
          ...sections.map(([id, heading, content]) => section(id, heading, content)),
        ],
        foot: html`Written by ${versionsText(versions)}. This page holds everything it shows and asks nothing of any network.${link(
          'calibration-card.json',
          'application/json',
          `${JSON.stringify(card, null, 2)}\n`,
          'The card as JSON',
        )}`,
      },
      pageFont(),
    ),
  };
}

function keyFacts(card: Card, { organs }: PlainSummary): [Part, Part][] {
  const { units, risk, length, epsilon } = card;
  const [worst] = organs;
  return [
    ...(risk === null
      ? []
      : ([['Measured risk of a scan', measuredFact(percent(risk), againstTolerance(epsilon))]] as [
          Part,
          Part,
        ][])),
    ...(length === null
      ? []
      : ([
          [
            'Mean interval width',
            measuredFact(inHu(length, units), units === null ? '' : `${percent(length)} of the window`),
          ],
        ] as [Part, Part][])),
    ...(worst === undefined
      ? []
      : ([['Organ with the largest risk', measuredFact(percent(worst.risk), worst.name)]] as [Part, Part][])),
    ['Patients calibrated on', measuredFact(String(card.n), 'behind λ̂')],
  ];
}

function whatSection({ source, scans, heuristic, bound, delta, epsilon, evaluation, procedure }: Card): Html {
  return plainList([
    ['procedure', procedureName(procedure)],
    ['tolerance', `ε = ${epsilon}: ${plainPercent(epsilon)} of voxels`],
    ['bound', delta === null ? `${bound}: on average over calibrations` : `${bound}, δ = ${delta}`],
    ['intervals grow from', heuristic],
    ['source', name(visible(source.name))],
    [
      'scans',
      `${scans.opt} to optimize, ${scans.cal} to calibrate, ${scans.test} held out, of ${source.scans}`,
    ],
    ...(evaluation === null
      ? []
      : ([
          [
            'measured on',
            html`${name(visible(evaluation.source.name))}: ${counted(evaluation.scans, 'scan')} of ${counted(evaluation.patients, 'patient')}`,
          ],
        ] as [Part, Part][])),
    ...Object.entries(source.preparing).map(
      ([key, value]) => [`preparing: ${key}`, name(optionText(value))] as [Part, Part],
    ),
  ]);
}

function organTable({ organs, units, procedure }: Card): Html {
  const statuses = organs.some(({ status }) => status !== null);
  return html`${table(
    `λ̂ widens the predictor’s own interval at each end${organs.some(({ meanLambda }) => meanLambda !== null) ? ', by its mean over the organ’s voxels (and the range over its groups); below 0 it shrinks it' : ''}; risk and width as measured on held-out scans`,
    [
      { head: 'organ', text: true },
      { head: 'λ̂' },
      { head: 'measured risk' },
      { head: 'mean width' },
      { head: 'scans measured' },
      ...(statuses ? [{ head: 'patients calibrated' }, { head: 'status', text: true }] : []),
    ],
    organs.map((organ) => [
      cardOrganName(organ),
      lambdaInWords(organ, units),
      organ.risk === null ? '–' : percent(organ.risk),
      organ.length === null ? '–' : inHu(organ.length, units),
      organ.testScans,
      ...(statuses ? [organ.nCal ?? '–', organ.status ?? '–'] : []),
    ]),
  )}${
    promisesOrgans(procedure)
      ? null
      : html`<p>The promise is for the scan: a single organ may lie above the tolerance. The procedure organ-crc promises every organ’s own risk.</p>`
  }`;
}

/** Which voxels share a λ̂, where that was learned: the rule of every leaf. */
function leafTable(
  { organs, units }: Card,
  { partition, lambda }: ReportedCalibration['document'],
): Html | null {
  if (partition.kind !== 'learned') return null;
  const { rules } = partition;
  const rows = organs.flatMap((organ) =>
    Object.entries(lambda)
      .filter(([key]) => key.startsWith(`${organ.id}/`))
      .map(([key, value]): Part[] => [
        cardOrganName(organ),
        Object.hasOwn(rules, key) ? rules[key] : '–',
        sidesInWords(value, units),
      ]),
  );
  return folded(
    `Leaves: which voxels share a λ̂ (${rows.length})`,
    table(
      'Learned on the opt scans from what a slice shows: p, its prediction, and the interval around it, as shares of the window; docs/method.md explains each feature',
      [{ head: 'organ', text: true }, { head: 'voxels', text: true }, { head: 'λ̂' }],
      rows,
    ),
  );
}

function checkSection({ checks, calibration, evaluation, source }: Card): Html {
  return html`<p>The calibration is a plain file; these digests tell whether it, and the scans behind it, are still the same.</p>${plainList(
    [
      ['calibration (SHA-256)', calibration.sha256 ?? 'not read from a file'],
      ['its scans', source.digest],
      ...(evaluation === null
        ? []
        : ([
            ['evaluation (SHA-256)', evaluation.sha256 ?? 'not read from a file'],
            ['its scans', evaluation.source.digest],
          ] as [Part, Part][])),
    ],
  )}${checks.length === 0 ? null : html`<p>To measure it again:</p>${checks.map((line) => html`<pre>${line}</pre>`)}`}`;
}

function detailSection(
  card: Card,
  { document }: ReportedCalibration,
  proof: DrawnFigure | null,
  versions: Readonly<Record<string, string>>,
): Html {
  const { anchor, omega, pathPosition } = document;
  const anchored: [Part, Part][] =
    anchor === null
      ? []
      : [
          ['anchor', anchor.method === 'gamma' ? `gamma, γ = ${anchor.gamma.toFixed(4)}` : 'envelope'],
          ['added length', inHu(anchor.objective, card.units)],
          ['proven at least', inHu(anchor.lowerBound, card.units)],
          ['gap', anchor.gap.toExponential(1)],
        ];
  return html`${folded(
    'Anchor, γ, ω̂ and gap',
    html`${plainList([
      ...anchored,
      ['ω̂', omega === null ? '–' : omega.toFixed(6)],
      ['place on the path', pathPosition === null ? '–' : pathPosition.toFixed(3)],
    ])}${proof && figure(proof)}`,
  )}${leafTable(card, document)}${folded(
    'Units and versions',
    plainList([
      [
        'units',
        card.units === null
          ? 'shares of the data range'
          : `shares of the window ${card.units.window[0]} to ${card.units.window[1]} HU; 1 is ${card.units.huPerUnit} HU`,
      ],
      ['calibrated with', versionsText(card.versions)],
      ['card written with', versionsText(versions)],
      ['format', document.schema],
    ]),
  )}`;
}
