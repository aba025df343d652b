import { createHash } from 'node:crypto';

/** Longest name of a folder; file systems allow 255 bytes. */
const MOST_CHARACTERS = 180;

/**
 * The folder of one experiment of a grid, named after its values of the grid's axes: `epsilon-0.1_strata-intensity=6`.
 *
 * Whatever the values are, the name is one path component of letters, digits and `. _ + = -`, and starts with the name of
 * an axis. A value with other characters has them replaced and carries a digest of itself, so that different values keep
 * different names. Without axes it is empty: an experiment that is no part of a grid has no folder of its own.
 */
export function cellName(axes: Readonly<Record<string, string>>): string {
  const name = Object.entries(axes)
    .map(([axis, value]) => `${plain(axis)}-${plain(value)}`)
    .join('_');
  return name.length <= MOST_CHARACTERS ? name : `${name.slice(0, MOST_CHARACTERS)}-${digest(name)}`;
}

function plain(text: string): string {
  if (/^[A-Za-z0-9._+-]+$/.test(text)) return text;
  // Strata are written feature:bins, and not every file system can store a colon.
  if (/^[A-Za-z0-9._+:-]+$/.test(text)) return text.replaceAll(':', '=');
  return `${text.replace(/[^A-Za-z0-9._+-]+/g, '-')}-${digest(text)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
