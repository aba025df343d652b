import { SimulationWorkbench } from './simulation/workbench.ts';
import { serveNodeThread } from './thread-node.ts';

serveNodeThread(new SimulationWorkbench());
