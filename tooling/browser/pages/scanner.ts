import { report } from '../report.ts';
import { scanBalls } from '../scan.ts';

await report(scanBalls);
