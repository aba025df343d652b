import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Removes what the clock decides from the text of a file, if there is any. */
export type Timeless = (name: string, content: Buffer) => Buffer | string;

/** Every file below a folder, with a digest of its bytes. */
export function folderBytes(
  folder: string,
  timeless: Timeless = (_, content) => content,
): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  return Object.fromEntries(
    files.map((path) => {
      const content = timeless(path.slice(folder.length + 1), readFileSync(path));
      return [path.slice(folder.length + 1), createHash('sha256').update(content).digest('hex')];
    }),
  );
}

/** Of an experiment's folder: `seconds` of runs go, and the digests over them. */
export const withoutSeconds: Timeless = (name, content) => {
  if (!/^(.*\/)?(experiment|run-\d+)\.json$/.test(name)) return content;
  const drop = (key: string, value: unknown) => (key === 'seconds' || key === 'sha256' ? undefined : value);
  return JSON.stringify(JSON.parse(content.toString(), drop));
};
