// Files in and out of the page.
import type { Dropped } from '../engine/index.ts';

/** All files of a drop, folders walked through. */
export async function filesOfDrop(transfer: DataTransfer): Promise<readonly Dropped[]> {
  // Entries must be taken before the first wait: the list is empty afterwards.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return filesOfList(transfer.files);
  const found: Dropped[] = [];
  for (const entry of entries) await walk(entry, '', found);
  return found;
}

/** The files of a file input, with their paths where a folder was chosen. */
export function filesOfList(list: Iterable<File>): readonly Dropped[] {
  return [...list].filter(isWanted).map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

async function walk(entry: FileSystemEntry, parent: string, found: Dropped[]): Promise<void> {
  const path = parent === '' ? entry.name : `${parent}/${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    if (isWanted(file)) found.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader gives a hundred entries at a time, and none when it is done.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return;
    for (const one of batch) await walk(one, path, found);
  }
}

/** Not what file managers leave behind. */
const isWanted = ({ name }: File): boolean => !['.DS_Store', 'Thumbs.db', 'desktop.ini'].includes(name);

/** Hands a file to the reader. */
export function save(name: string, content: Blob | string, type = 'application/octet-stream'): void {
  const blob = typeof content === 'string' ? new Blob([content], { type }) : content;
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser takes its time to begin.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
