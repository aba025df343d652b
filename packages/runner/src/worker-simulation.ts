import { SimulationWorkbench } from './simulation.ts';
import { serveNodeThread } from './thread-node.ts';

serveNodeThread(new SimulationWorkbench());
