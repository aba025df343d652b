// A profile file taken apart into one file for each scan, and merged again. Prints one line of JSON.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mergeProfiles, openProfileFiles, ProfileWriter } from '@semcrc/cohort/node';
import { cpuTime } from './process.mjs';

/** @type {{ path: string, folder: string }} */
const { path, folder } = JSON.parse(process.argv[2]);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const [whole] = await openProfileFiles([path]);
const files = [];
for (const { source, offset, ...scan } of whole.scans) {
  const file = join(folder, `${scan.at}.profiles`);
  const writer = await ProfileWriter.begin(file, whole.header);
  await writer.addBytes(scan, await whole.source.read(offset, scan.bytes), source);
  await writer.finish();
  files.push(file);
}
const start = performance.now();
const cpu = await cpuTime(() => mergeProfiles(files, join(folder, 'merged.profiles')));
const seconds = (performance.now() - start) / 1000;
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify({ files: files.length, cpuSeconds: cpu / 1000, seconds }));
