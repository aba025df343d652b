import { drawnBits } from '../phantom-bits.ts';
import { report } from '../report.ts';

await report(drawnBits);
