import { openSource } from './handle-node.ts';
import { serveNodeThread } from './thread-node.ts';
import { ExperimentWorkbench } from './workbench.ts';

serveNodeThread(new ExperimentWorkbench(openSource));
