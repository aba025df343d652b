import { ScanWorkbench } from './scan.ts';
import { serveNodeThread } from './thread-node.ts';

serveNodeThread(new ScanWorkbench());
