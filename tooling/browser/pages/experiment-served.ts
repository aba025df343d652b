/// <reference types="vite/client" />
import { threadExecutor } from '@semcrc/runner/browser';
import script from '@semcrc/runner/worker?url';
import { experimentOnPhantom } from '../phantom-experiment.ts';
import { report } from '../report.ts';

await report(async () => {
  const executor = threadExecutor({ workers: 2, script });
  try {
    return await experimentOnPhantom(executor);
  } finally {
    await executor.close();
  }
});
