import type { UnitsRecord } from '@semcrc/core';
import {
  inHu,
  JUDGEMENT_WORDS,
  type Judgement,
  type PlainSummary,
  percent,
  procedureName,
} from '@semcrc/report';
import { facts, wrapped } from './table.ts';
import type { Colour, Terminal } from './terminal.ts';

const COLOURS: Readonly<Record<Judgement, Colour>> = {
  kept: 'green',
  chance: 'yellow',
  broken: 'red',
  untested: 'yellow',
  none: 'yellow',
};

/** Organs named in a summary, the worst first. */
const ORGANS = 3;

/** What of a cohort a summary says beside what was measured. */
export interface CohortInWords {
  readonly units?: UnitsRecord | null | undefined;
  /** Mean share of voxels that are background or padding. */
  readonly background?: number | null | undefined;
}

/** Prints what a person wants to know first: does the promise hold, how wide are the intervals, where is it worst, what next. */
export function printSummary(
  terminal: Terminal,
  { verdict, risk, length, organs, flags, advice }: PlainSummary,
  { units, background }: CohortInWords,
): void {
  terminal.print(JUDGEMENT_WORDS[verdict.judgement], COLOURS[verdict.judgement]);
  const said = `${procedureName(verdict.procedure)}. ${verdict.promised} ${verdict.measured} ${verdict.conclusion}`;
  terminal.print(wrapped(said));
  const worst = organs.slice(0, ORGANS).map((organ) => `${organ.name} ${percent(organ.risk)}`);
  const pairs: [string, string][] = [
    ...(risk === null ? [] : [['risk', percent(risk)] as [string, string]]),
    ...(length === null
      ? []
      : [
          [
            'interval width',
            `${inHu(length, units ?? null)} on average${units ? `, ${percent(length)} of the window` : ''}`,
          ] as [string, string],
        ]),
    ...(worst.length === 0 ? [] : [['largest risks', worst.join(', ')] as [string, string]]),
    ...(background == null
      ? []
      : [['background', `${percent(background)} of the voxels (air, padding)`] as [string, string]]),
  ];
  if (pairs.length > 0) terminal.print(`\n${facts(pairs)}`);
  for (const line of advice) terminal.print(`\n${wrapped(line)}`);
  for (const { weight, title, text } of flags) {
    if (weight === 'note') continue;
    terminal.print(`\n${wrapped(`${title}. ${text}`)}`, weight === 'red' ? 'red' : 'yellow');
  }
  terminal.print('');
}
