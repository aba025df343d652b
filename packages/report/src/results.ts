import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ExperimentResults, ExampleScan as KeptScan, Results } from '@semcrc/results';
import type { ReportedExperiment } from './experiment.ts';
import type { ExampleScan } from './maps/example.ts';

/**
 * Everything that a report needs of a folder of results.
 *
 * @throws SemcrcError `bad-input` where an experiment is not finished or a file is damaged
 */
export async function reportedExperiments({ experiments }: Results): Promise<ReportedExperiment[]> {
  return Promise.all(experiments.map(reported));
}

async function reported(results: ExperimentResults): Promise<ReportedExperiment> {
  const document = results.experiment();
  const kept = results.example();
  const curve = results.riskCurve();
  return {
    name: results.folder === '' ? basename(results.path) : results.folder,
    document,
    curve,
    mended: curve?.mended ?? null,
    background: curve?.background ?? null,
    example: kept && (await exampleOf(kept)),
    digest: createHash('sha256').update(readFileSync(results.file)).digest('hex'),
  };
}

async function exampleOf(kept: KeptScan): Promise<ExampleScan> {
  const { scan, run, rule = null, slices, pixel = null, volumes, calibrated = [] } = kept;
  const image = async (name: (typeof volumes)[number]) => (await kept.read(name)).data as Float32Array;
  const optional = (name: (typeof volumes)[number]) => (volumes.includes(name) ? image(name) : null);
  const { shape, data: groups } = await kept.read('groups');
  const bounds = await Promise.all(
    calibrated.map(async (procedure) => {
      const { lower, upper } = await kept.readBounds(procedure);
      return [procedure, { lower: lower.data, upper: upper.data }] as const;
    }),
  );
  return {
    ...{ scan, run, rule, slices, shape, pixel },
    truth: await image('truth'),
    lower: await image('lower'),
    upper: await image('upper'),
    point: await optional('point'),
    measurement: await optional('measurement'),
    groups: groups as Uint16Array,
    calibrated: Object.fromEntries(bounds),
  };
}
