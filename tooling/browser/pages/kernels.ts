import * as face from '@semcrc/kernels';
import * as scalar from '../../../packages/kernels/src/scalar/index.ts';
import { cases, type Face } from '../../../packages/kernels/test/cases.ts';
import { report } from '../report.ts';

/** Runs every case against the kernels as built; reports the names that held, and the first message of those that did not. */
await report(async () => {
  const passed: string[] = [];
  const failed: Record<string, string> = {};
  for (const [name, run] of Object.entries(cases)) {
    try {
      await run(face as unknown as Face, scalar);
      passed.push(name);
    } catch (error) {
      failed[name] = error instanceof Error ? error.message : String(error);
    }
  }
  return { passed, failed };
});
