import { SemcrcError } from '@semcrc/kernels';
import {
  DESIGN_OPTIONS,
  PAPER_OPTIONS,
  type Procedure,
  type ProcedureOptions,
  RECENTRED_OPTIONS,
  SHORTEST_OPTIONS,
  SHORTEST_POINTWISE_OPTIONS,
} from './procedure-options.ts';

/**
 * Throws `usage` with the reason when options and procedures make no sense together: an option that one of them cannot
 * honour, or that none of them uses.
 */
export function checkCombination(procedures: readonly Procedure[], options: ProcedureOptions): void {
  if (procedures.includes('recentred') && options.heuristic !== 'quantile') {
    throw new SemcrcError(
      'usage',
      `recentred corrects the centre of predicted quantiles, which ${options.heuristic} does without: choose \`heuristic\` quantile`,
      { data: { options: ['heuristic'], procedures } },
    );
  }
  const unsited = procedures.find((procedure) => procedure === 'pooled' || procedure === 'organ-shortest');
  if (options.sites === 'each' && unsited !== undefined) {
    throw new SemcrcError(
      'usage',
      `\`sites\` each takes one λ that every site accepts, which ${unsited} does not look for: leave it out, or choose another procedure`,
      { data: { options: ['sites'], procedures } },
    );
  }
  // A procedure named after a design brings its own options.
  const plain = procedures.filter((procedure) => !isDesigned(procedure));
  if (plain.length > 0 || procedures.length === 0) checkPlain(plain, options);
  else checkDesigned(procedures, options);
}

/** Refuses options that none of some procedures named after designs would use. */
function checkDesigned(procedures: readonly Procedure[], options: ProcedureOptions): void {
  const { control, organCal, correction } = options;
  const unused = (names: readonly string[]): never => {
    throw new SemcrcError(
      'usage',
      `${procedures.join(', ')} brings its own design, which has no use for ${names.map((name) => `\`${name}\``).join(', ')}: ` +
        'leave it out, or choose sem-crc or organ-crc',
      { data: { options: [...names], procedures } },
    );
  };
  if (control.length > 0) unused(['control']);
  if (organCal !== PAPER_OPTIONS.organCal) unused(['organCal']);
  if (correction !== 'none' && !procedures.includes('organ-shortest')) unused(['correction']);
  const differing = (design: ProcedureOptions) =>
    DESIGN_OPTIONS.filter((name) => JSON.stringify(options[name]) !== JSON.stringify(design[name]));
  const presets = [PAPER_OPTIONS, SHORTEST_OPTIONS, SHORTEST_POINTWISE_OPTIONS, RECENTRED_OPTIONS];
  if (presets.every((design) => differing(design).length > 0)) unused(differing(PAPER_OPTIONS));
}

/** Whether a procedure's name stands for a design, whatever the options. */
export function isDesigned(procedure: Procedure): boolean {
  return procedure === 'shortest' || procedure === 'organ-shortest' || procedure === 'recentred';
}

function checkPlain(procedures: readonly Procedure[], options: ProcedureOptions): void {
  const { anchor, anchorVoxels, backtrack, heuristic, sides, strata, shrink, recentre } = options;
  const learned = strata.some((stratum) => stratum.startsWith('learned:'));
  const { control, organCal, bound, correction } = options;
  const has = (procedure: Procedure) => procedures.includes(procedure);
  const refuse = (reason: string): never => {
    const named = Object.keys(options).filter((option) => reason.includes(`\`${option}\``));
    throw new SemcrcError('usage', reason, { data: { options: named, procedures } });
  };
  for (const procedure of procedures) {
    const anchored =
      procedure === 'k-crc' || procedure === 'sem-crc' || (procedure === 'organ-crc' && control.length > 0);
    if (sides === 'two' && !anchored) {
      refuse(
        `${procedure} has no anchor that tells below from above: choose \`sides\` one, or k-crc or sem-crc`,
      );
    }
    if (anchored && anchor === 'gamma' && heuristic === 'multiplicative') {
      refuse(
        `the gamma anchor needs one width for both sides of a voxel, which multiplicative does not have: choose \`anchor\` envelope`,
      );
    }
    if (shrink && procedure !== 'sem-crc') {
      refuse(
        `\`shrink\` starts the path of sem-crc at λ = −1, which ${procedure} does not follow: choose sem-crc`,
      );
    }
    if (recentre !== 'none' && procedure !== 'sem-crc') {
      refuse(
        `\`recentre\` fits a centre on the opt scans, which ${procedure} does not hold apart: leave it out, or choose sem-crc`,
      );
    }
    if (strata.length > 0 && procedure !== 'sem-crc') {
      refuse(
        `\`strata\` divide the organs of sem-crc, not the groups of ${procedure}: leave them out, or choose sem-crc`,
      );
    }
  }
  if (shrink && anchor === 'gamma') {
    refuse(
      "the gamma anchor's surrogate needs intervals that grow, which negative λ do not: choose `anchor` envelope, or leave `shrink` out",
    );
  }
  if (shrink && (heuristic === 'multiplicative' || heuristic === 'std')) {
    refuse(
      `\`shrink\` draws intervals in to the point, where those of ${heuristic} begin: leave \`shrink\` out`,
    );
  }
  if (learned && strata.length > 1) {
    refuse('`strata` are either learned or cut by quantiles: give learned:leaves alone, or leave it out');
  }
  if ((learned || recentre !== 'none') && heuristic !== 'quantile') {
    refuse(
      `learned \`strata\` and \`recentre\` look at the width of the predicted interval, which ${heuristic} does without: choose \`heuristic\` quantile`,
    );
  }
  if (recentre !== 'none' && shrink) {
    refuse('intervals around a corrected centre begin without width: leave `shrink` or `recentre` out');
  }
  const anyAnchor = has('k-crc') || has('sem-crc') || control.length > 0;
  if (backtrack === 'path' && anchor === 'gamma') {
    refuse(
      "the path is made of the envelope anchor's edges, which gamma does not have: choose `anchor` envelope, or `backtrack` line",
    );
  }
  if (anchor === 'envelope' && anchorVoxels === 'paper') {
    refuse(
      "the paper's voxel subsample belongs to its gamma anchor: choose `anchor` gamma, or `anchorVoxels` all",
    );
  }
  if ((backtrack === 'path' || anchor === 'envelope' || anchorVoxels === 'paper') && !anyAnchor) {
    refuse(
      `${procedures.join(', ')} has no anchor to choose: leave \`anchor\`, \`backtrack\` and \`anchorVoxels\` out, or add sem-crc or k-crc`,
    );
  }
  if (bound !== 'crc' && has('pooled')) {
    refuse('pooled averages no losses that a bound could test: leave pooled out, or choose `bound` crc');
  }
  if (correction === 'bonferroni' && (bound === 'crc' || !has('organ-crc'))) {
    refuse(
      '`correction` bonferroni divides the δ of an RCPS bound between the organs of organ-crc: choose both, or leave it out',
    );
  }
  if (control.length > 0 && !has('organ-crc')) {
    refuse(
      '`control` names organs whose own risk is controlled, which only organ-crc does: add organ-crc, or leave it out',
    );
  }
  if (organCal === 'all' && !has('organ-crc') && !has('pooled')) {
    refuse('`organCal` says what organ-crc calibrates on: add organ-crc, or leave it out');
  }
  if (organCal === 'all' && control.length > 0) {
    refuse('`control` optimizes an anchor on the opt scans, so `organCal` all cannot calibrate on them too');
  }
}
