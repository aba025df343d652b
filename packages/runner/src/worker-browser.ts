import { openSource } from './handle.ts';
import { serveWorkbench } from './thread.ts';
import { ExperimentWorkbench } from './workbench.ts';

// The first message brings the port that the pool talks through; see `spawnBrowserThread`.
addEventListener(
  'message',
  ({ ports: [port] }) => serveWorkbench(new ExperimentWorkbench(openSource), port),
  {
    once: true,
  },
);
