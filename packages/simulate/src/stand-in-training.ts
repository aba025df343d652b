import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { loadBaselineKernels } from '@semcrc/kernels';
import { anatomyFeatureCount, bodyMask, type StandInData } from '@semcrc/predict';
import { BlockExamples, type LabelledSlice } from './examples.ts';
import { classLoss, trainNetwork } from './network-training.ts';
import { generatorOf } from './random.ts';
import type { Acquisition, SimulatedPatient } from './simulation.ts';
import { balanceStandIn } from './stand-in-balance.ts';
import { windowed } from './windowed.ts';

/** How much the stand-in of a population learns. */
const schedule = { patients: 48, balancing: 8, everySlice: 3, organShare: 0.5, bodyShare: 0.1 } as const;
const training = { units: [56, 28], epochs: 10, batch: 48, rate: 4e-3 } as const;

/** Seed of the patients a stand-in learns from, made from a cohort's: no scan of the cohort is among them. */
function trainingSeedOf(seed: number): number {
  return ~seed;
}

/**
 * Trains a segmentation stand-in for a population on patients of its own, drawn with a seed apart from the cohort's. The
 * shipped stand-in knows phantoms; warps of a template look otherwise.
 *
 * @param draw patient `index` of a seed; the population.
 * @param classes label ids of the organs there may be, 2 and up.
 */
export async function trainStandIn(
  draw: (seed: number, index: number) => SimulatedPatient,
  seed: number,
  classes: readonly number[],
  { task, predictor }: Pick<Acquisition, 'task' | 'predictor'>,
): Promise<StandInData> {
  const own = trainingSeedOf(seed);
  const kinds = [0, ...classes];
  const blocks = new BlockExamples(kinds);
  const generator = generatorOf(own, 2_000_000);
  const slicesOf = async (index: number): Promise<LabelledSlice[]> => {
    const patient = draw(own, index);
    const measurement = await task.measure(windowed(patient.truth), { seed: own, index });
    const [depth, height, width] = measurement.shape;
    const slices: number[] = [];
    for (let slice = index % schedule.everySlice; slice < depth; slice += schedule.everySlice)
      slices.push(slice);
    const { point } = await predictor.predict(measurement, slices);
    const body = bodyMask(point, [slices.length, height, width]);
    const area = height * width;
    const part = <T extends Float32Array | Uint8Array>(array: T, at: number): T =>
      array.slice(at * area, (at + 1) * area) as T;
    return slices.map((slice, order) => ({
      ...{ shape: measurement.shape, spacing: measurement.spacing },
      ...{ point: part(point, order), body: part(body, order), organs: part(patient.anatomy, slice) },
      height: heightOf(slice, depth),
    }));
  };
  for (let index = 0; index < schedule.patients; index++) {
    for (const slice of await slicesOf(index)) {
      blocks.add(slice, { organ: schedule.organShare, body: schedule.bodyShare }, generator);
    }
  }
  const examples = blocks.examples;
  const counts = kinds.map(() => 0);
  for (const kind of examples.targets) counts[kind] += 1;
  const most = Math.max(...counts.slice(1));
  // Rare organs weigh more, by the root of how rare they are.
  const weights = counts.map((count, kind) =>
    kind === 0 ? 1 : 1.4 * Math.min(3, Math.sqrt(most / Math.max(1, count))),
  );
  const { units, ...rest } = training;
  const network = trainNetwork(await loadBaselineKernels(), examples, classLoss(examples.targets, weights), {
    ...{ inputs: anatomyFeatureCount, units: [...units, kinds.length], ...rest },
    generator,
  });
  const held: LabelledSlice[] = [];
  for (let index = 0; index < schedule.balancing; index++)
    held.push(...(await slicesOf(schedule.patients + index)));
  const document = {
    schema: 'semcrc/stand-in@1',
    name: 'stand-in',
    digest: '0'.repeat(64),
    classes: kinds,
  } as const;
  const balanced = await balanceStandIn({ ...document, classes: kinds, network, training: {} }, held);
  return {
    ...document,
    classes: kinds,
    digest: bytesToHex(sha256(utf8ToBytes(JSON.stringify([kinds, balanced])))),
    network: balanced,
    training: { seed: own, ...schedule, ...training, examples: examples.count, predictor: predictor.digest },
  };
}

/** Where a slice lies in its volume: 0 lowest … 1 highest. */
export function heightOf(slice: number, depth: number): number {
  return depth > 1 ? slice / (depth - 1) : 0.5;
}
