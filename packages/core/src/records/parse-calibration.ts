import { describeFound, SemcrcError } from '@semcrc/kernels';
import { Errors } from 'typebox/value';
import { labelIds } from '../cohort/labels.ts';
import type { CalibratedLambda } from '../evaluate/calibrated-lambda.ts';
import { CENTRE_TERMS, type Centre } from '../learned/centre.ts';
import { makePartition } from '../partition/partition.ts';
import { CALIBRATION_SCHEMA, Calibration } from './calibration.ts';
import { type LambdaByGroup, lambdaByGroup, lambdaVector } from './lambda.ts';
import { ascends, listed, readPartition } from './partition.ts';

/**
 * Reads `calibration.json`.
 *
 * @param name of the file, for messages
 * @throws SemcrcError `bad-input` naming the file and the first field that is not as the schema says.
 */
export function parseCalibration(json: string, name: string): Calibration {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new SemcrcError('bad-input', `${name}: expected JSON, found ${(cause as Error).message}`, {
      cause,
    });
  }
  const found = (value as { schema?: unknown } | null)?.schema;
  if (found !== CALIBRATION_SCHEMA) {
    throw new SemcrcError(
      'bad-input',
      `${name}: expected schema "${CALIBRATION_SCHEMA}", found ${describeFound(found)}` +
        (typeof found === 'string' && found.startsWith('semcrc/calibration@')
          ? '; it was written by another version of semcrc: calibrate again'
          : ''),
      { data: { file: name, expected: CALIBRATION_SCHEMA } },
    );
  }
  const [problem] = Errors(Calibration, value);
  if (problem) {
    throw new SemcrcError(
      'bad-input',
      `${name}: ${problem.instancePath || 'the document'} ${problem.message}`,
      {
        data: { file: name, field: problem.instancePath },
      },
    );
  }
  const calibration = value as Calibration;
  checkAgreement(calibration, name);
  calibratedLambda(calibration, name);
  checkCurve(calibration, name);
  return calibration;
}

/** What the schema cannot say of a curve: it ascends, goes through the calibration, and has its groups at every knot. */
function checkCurve(calibration: Calibration, name: string): void {
  const { curve, epsilon, lambda } = calibration;
  if (curve === undefined) return;
  const refuse = (problem: string): never => {
    throw new SemcrcError('bad-input', `${name}: /curve ${problem}`, {
      data: { file: name, field: '/curve' },
    });
  };
  if (!ascends(curve.map((knot) => knot.epsilon))) refuse('must be in ascending order of epsilon');
  const own = curve.find((knot) => knot.epsilon === epsilon);
  const same = own?.lambda && Object.keys(lambda).every((key) => sameLambda(own.lambda?.[key], lambda[key]));
  if (!same) refuse(`must hold the calibration's own lambda at epsilon ${epsilon}`);
  for (const knot of curve) {
    if ((knot.status === 'calibrated') !== (knot.lambda !== null)) {
      refuse(`must hold a lambda where it is calibrated, and only there; see epsilon ${knot.epsilon}`);
    }
    if (knot.lambda !== null) {
      calibratedLambda({ ...calibration, lambda: knot.lambda }, `${name}, curve at epsilon ${knot.epsilon}`);
    }
  }
}

const sameLambda = (a: LambdaByGroup[string] | undefined, b: LambdaByGroup[string]): boolean =>
  a !== undefined && JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

/**
 * The λ of a calibration's curve at a tolerance: that of the largest ε of the curve that is not above it, since λ between two is
 * unknown and the smaller ε promises more. Without a curve the one ε of the calibration is all there is.
 *
 * @returns null below the first ε, and where that ε is infeasible
 */
export function calibratedLambdaAt(
  calibration: Calibration,
  epsilon: number,
): { readonly epsilon: number; readonly calibrated: CalibratedLambda } | null {
  const { curve = [{ ...calibration, status: 'calibrated' as const }] } = calibration;
  const knot = curve.findLast((one) => one.epsilon <= epsilon);
  if (!knot || knot.lambda === null) return null;
  return { epsilon: knot.epsilon, calibrated: calibratedLambda({ ...calibration, lambda: knot.lambda }) };
}

/** What a schema cannot say: fields that must agree with each other. */
function checkAgreement(
  { bound, delta, source, units, split, n, labels, meanLambda }: Calibration,
  name: string,
): void {
  const refuse = (field: string, problem: string): never => {
    throw new SemcrcError('bad-input', `${name}: ${field} ${problem}`, { data: { file: name, field } });
  };
  const { window } = source.preparing;
  if (window !== null && !(window[0] < window[1])) {
    refuse(
      '/source/preparing/window',
      `must go from its lower end in HU to its upper, found ${window.join(' to ')}`,
    );
  }
  if (units?.window.some((end, at) => end !== window?.[at])) {
    refuse('/units/window', `must be that of /source/preparing, found ${units.window.join(' to ')}`);
  }
  if ((bound === 'crc') !== (delta === null))
    refuse('/delta', 'must be null for the bound crc, and only there');
  const { opt, cal, test } = split;
  const ids = [...opt, ...cal, ...test];
  if (new Set(ids).size < ids.length) refuse('/split', 'must hold every scan once');
  if (meanLambda && labelIds(labels).join() !== Object.keys(meanLambda).join()) {
    refuse('/meanLambda', `must have the labels as keys, found ${listed(Object.keys(meanLambda))}`);
  }
  if (n > opt.length + cal.length) {
    refuse('/n', `must be at most the ${opt.length + cal.length} scans of opt and cal, found ${n}`);
  }
}

/**
 * The λ of a calibration, ready to evaluate or apply.
 *
 * @throws SemcrcError `bad-input` when λ, labels and partition contradict each other, or a λ is no f32, or negative without `shrink`.
 */
export function calibratedLambda(calibration: Calibration, name = 'calibration'): CalibratedLambda {
  const { labels } = calibration;
  const partition = makePartition(readPartition(calibration.partition, labels, name), labels);
  const lambda = lambdaVector(partition.keys, calibration.sides, calibration.lambda);
  if (!lambda || Object.keys(calibration.lambda).length !== partition.keys.length) {
    throw new SemcrcError(
      'bad-input',
      `${name}: lambda must have the keys ${listed(partition.keys)} with ${calibration.sides} side(s) each, ` +
        `found ${listed(Object.keys(calibration.lambda))}`,
      { data: { file: name } },
    );
  }
  const rewritten = lambdaByGroup(partition.keys, calibration.sides, lambda);
  const odd = partition.keys.find(
    (key) => JSON.stringify(sorted(rewritten[key])) !== JSON.stringify(sorted(calibration.lambda[key])),
  );
  if (odd !== undefined) {
    throw new SemcrcError(
      'bad-input',
      `${name}: every λ must be a 32-bit float, found ${JSON.stringify(calibration.lambda[odd])} for ${odd}`,
      { data: { file: name, group: odd } },
    );
  }
  if (!calibration.shrink && lambda.some((value) => value < 0)) {
    throw new SemcrcError('bad-input', `${name}: lambda must not be negative where intervals do not shrink`, {
      data: { file: name },
    });
  }
  return {
    partition,
    sides: calibration.sides,
    lambda,
    shrink: calibration.shrink,
    centre: readCentre(calibration, name),
  };
}

function readCentre({ centre, labels }: Calibration, name: string): Centre | null {
  if (centre === undefined) return null;
  const { terms, organs } = centre;
  const complete = labelIds(labels).every((id) => {
    const own = organs[id];
    return own && ascends(own.cuts) && own.coefficients.length === own.cuts.length + 1;
  });
  if (!complete || terms.join() !== CENTRE_TERMS.join()) {
    throw new SemcrcError(
      'bad-input',
      `${name}: centre must have the terms ${CENTRE_TERMS.join(', ')} and for every label ascending cuts and ` +
        'coefficients for one bin more than it has cuts',
      { data: { file: name } },
    );
  }
  return organs;
}

/** A λ with its sides in one order. */
function sorted(value: LambdaByGroup[string]): unknown {
  return typeof value === 'object' ? [value.below, value.above] : value;
}
