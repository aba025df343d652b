import type { Endpoint } from 'comlink';
import { openSource } from './handle.ts';
import { serveWorkbench } from './thread.ts';
import { ExperimentWorkbench } from './workbench.ts';

serveWorkbench(new ExperimentWorkbench(openSource), globalThis as unknown as Endpoint);
