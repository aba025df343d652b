import { ApplicationWorkbench } from './application.ts';
import { serveNodeThread } from './thread-node.ts';

serveNodeThread(new ApplicationWorkbench());
