import { lstat, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';

/** What is kept of a draft's plan. */
const PLAN = 'draft.json';
const KIND = 'semcrc/draft@1';

/** Whether a result of other content, or its draft, gives way. */
export type Replace = 'keep' | 'replace';

/** A file of `bytes` bytes stands at a path. */
async function isFileOf(path: string, bytes: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === bytes;
}

/** Whether anything stands at a path, be it a link to nowhere. */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/**
 * A folder `<path>.partial` where the parts of a result wait until all are there. Each part is whole or not there, so that
 * work killed at any moment is taken up where it stood.
 */
export class Draft {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** The draft beside a result, begun before by {@link Draft.begin}. */
  static of(path: string): Draft {
    return new Draft(`${path.replace(/\/+$/, '')}.partial`);
  }

  /**
   * Begins a draft, or takes up the one that was begun for the same work.
   *
   * @param digest of everything that decides the parts.
   * @throws SemcrcError `usage` when a draft of other work stands there, unless it may be replaced; always when what stands
   *   there is no draft.
   */
  static async begin(path: string, digest: string, replace: Replace): Promise<Draft> {
    const draft = Draft.of(path);
    const { folder } = draft;
    if (await exists(folder)) {
      const begun = await draft.#digest();
      if (begun === digest) return draft;
      if (begun === undefined || replace === 'keep') {
        throw new SemcrcError(
          'usage',
          begun === undefined
            ? `${folder} exists and is no draft of ours; move it away or choose another \`out\``
            : `${folder} was begun from other input or with other options; choose another \`out\`, or start over with \`force\``,
          { data: { file: folder, options: ['out', 'force'] } },
        );
      }
      await draft.remove();
    }
    await mkdir(folder, { recursive: true });
    await writeFileAtomic(join(folder, PLAN), JSON.stringify({ schema: KIND, digest }));
    return draft;
  }

  /** Undefined where no plan is. */
  async #digest(): Promise<string | undefined> {
    try {
      const { schema, digest } = JSON.parse(await readFile(join(this.folder, PLAN), 'utf8'));
      return schema === KIND ? String(digest) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether a part of this many values is there. */
  has(name: string, values: number): Promise<boolean> {
    return isFileOf(join(this.folder, name), 4 * values);
  }

  /** Writes a part, all of it or nothing. @throws SemcrcError `bad-input` when the disk is full or fails. */
  async write(name: string, values: Float32Array): Promise<void> {
    await writeFileAtomic(
      join(this.folder, name),
      new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength),
    );
  }

  /** Reads a part. @throws SemcrcError `bad-input` when it is not there whole. */
  async read(name: string, values: number): Promise<Float32Array> {
    const path = join(this.folder, name);
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes?.byteLength !== 4 * values) {
      throw new SemcrcError('bad-input', `${path}: expected ${4 * values} bytes; start over with \`force\``, {
        data: { file: path, options: ['force'] },
      });
    }
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  }

  /** Removes the draft and all its parts. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
