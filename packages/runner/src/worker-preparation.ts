import { PreparationWorkbench } from './preparation.ts';
import { serveNodeThread } from './thread-node.ts';

serveNodeThread(new PreparationWorkbench());
