import { threadExecutor } from '@semcrc/runner/browser';
import { experimentOnPhantom } from '../phantom-experiment.ts';
import { report } from '../report.ts';

await report(async () => {
  const executor = threadExecutor({ workers: 2 });
  try {
    return await experimentOnPhantom(executor);
  } finally {
    await executor.close();
  }
});
