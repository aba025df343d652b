import { calibratePhantom } from '../calibration.ts';
import { report } from '../report.ts';

await report(() => calibratePhantom('crc'));
