// Inflating the files of scans with nothing done to them, in a process of its own: what a core gives, alone or beside another.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { volumes } from './scan-files.mjs';

/** @type {{ folders: string[], rounds: number }} */
const { folders, rounds } = JSON.parse(process.argv[2]);
const files = folders.flatMap((folder) =>
  volumes.map((name) => readFileSync(join(folder, `${name}.nii.gz`))),
);
const start = performance.now();
let bytes = 0;
for (let round = 0; round < rounds; round++) for (const file of files) bytes += gunzipSync(file).length;
console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, bytes }));
