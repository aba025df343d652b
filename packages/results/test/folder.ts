import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Every file, folder and link below a folder with its content, so that two moments can be compared. */
export function snapshot(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(folder, name);
      const found = lstatSync(path);
      if (found.isSymbolicLink()) return [name, `→ ${readlinkSync(path)}`];
      return [name, found.isFile() ? readFileSync(path, 'base64') : 'a folder'];
    }),
  );
}
