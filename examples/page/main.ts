import { PAPER_OPTIONS } from '@semcrc/core';
import { runExperiment } from '@semcrc/runner';
import { threadExecutor } from '@semcrc/runner/browser';
import { phantomSource } from '@semcrc/simulate';

const options = { scans: 60, shape: [2, 64, 64] } as const;
const { labels } = phantomSource(options);
const plan = {
  procedures: ['crc', 'sem-crc'] as const,
  epsilons: [0.1],
  runs: 1,
  seed: 0,
  nOpt: 8,
  nCal: 48,
  nTest: 12,
  options: PAPER_OPTIONS,
};

const state = document.getElementById('state')!;
const executor = threadExecutor({ workers: 2 });
try {
  const { byEpsilon } = await runExperiment({ kind: 'phantom', options }, plan, { executor });
  const [crc, semantic] = byEpsilon[0].records;
  for (const [id, name] of Object.entries(labels)) {
    const row = document.createElement('tr');
    for (const text of [name, hounsfield(crc.lambda.all), hounsfield(semantic.lambda[id])])
      row.insertCell().textContent = text;
    document.getElementById('rows')!.append(row);
  }
  const risks = [crc, semantic].map(({ test }) => test?.risk?.toFixed(3)).join(' and ');
  state.textContent = `Risk on 12 held-out scans: ${risks}, at ε = ${plan.epsilons[0]}.`;
} catch (error) {
  state.textContent = `${error}`;
  throw error;
} finally {
  await executor.close();
}

/** λ in HU: the window −175..250 HU is 425 HU wide. */
function hounsfield(lambda: unknown): string {
  return typeof lambda === 'number' ? `${(425 * lambda).toFixed(1)} HU` : String(lambda);
}
