import { outputOf, type PartState, readPartsState } from '@semcrc/results';
import { Command } from 'commander';
import type { Invocation } from '../invocation.ts';
import { addOptions, JSON_OUTPUT, QUIET } from '../options.ts';
import { table } from '../table.ts';

const STATES = ['done', 'running', 'missing', 'foreign'] as const;

const EXAMPLES = `
Examples:
  semcrc status cohort.zarr
      parts done, running and missing of what semcrc prepare writes there
  semcrc status results --json`;

/** `semcrc status`: how far parts have come. */
export function statusCommand({ terminal }: Invocation): Command {
  const command = new Command('status')
    .description('List the parts of an output: done, running, missing. Nothing is changed.')
    .argument('<output>', 'what the parts are written to with --out, or the folder of its parts');
  addOptions(command, 'Output:', [QUIET, JSON_OUTPUT]);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (path: string) => {
    const out = outputOf(path);
    const { whole, parts } = await readPartsState(out);
    const counts = STATES.map((state) => ({
      state,
      count: parts.filter((part) => part.state === state).length,
    })).filter(({ state, count }) => count > 0 || state !== 'foreign');
    terminal.print(
      `semcrc ${whole.command} of ${whole.items.length} ${whole.noun} in ${whole.of} ${whole.of === 1 ? 'part' : 'parts'}: ` +
        counts.map(({ state, count }) => `${count} ${state}`).join(', '),
    );
    const header = ['part', 'state', whole.noun, 'first … last', 'took', ''];
    terminal.print(`\n${table(header, parts.map(row))}`);
    if (parts.every(({ state }) => state === 'done'))
      terminal.print(`\nall parts are done: semcrc merge ${out}`);
    terminal.printJson({
      ...{ path: out, command: whole.command, of: whole.of, noun: whole.noun, total: whole.items.length },
      parts: parts.map(({ part, ...rest }) => ({ part: part.index, ...rest })),
    });
  });
}

function row({ part, state, items, first, last, resources, remark }: PartState): string[] {
  const took = resources === null ? '' : `${(resources.beforeSeconds + resources.seconds).toFixed(0)} s`;
  const names = first === last ? first : `${first} … ${last}`;
  return [String(part.index), state, String(items), names, took, remark ?? ''];
}
