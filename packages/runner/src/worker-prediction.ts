import { PredictionWorkbench } from './prediction.ts';
import { serveNodeThread } from './thread-node.ts';

serveNodeThread(new PredictionWorkbench());
