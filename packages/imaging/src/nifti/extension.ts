import { SemcrcError } from '@semcrc/kernels';

/** A header extension, as it stands in the file. */
export interface NiftiExtension {
  /** Who defined it: 4 AFNI, 6 comment, 30 Caret, 0 unknown, … */
  readonly code: number;
  /** Everything behind size and code, the zeros that pad it to a multiple of 16 included. */
  readonly content: Uint8Array;
}

/**
 * The extensions in the bytes between header and voxels.
 *
 * @param bytes from the end of the extension flag to the first voxel.
 * @param start where `bytes` begins in the file, for messages.
 * @throws SemcrcError `bad-input` when an extension claims fewer than 8 bytes or more than there are.
 */
export function parseExtensions(
  bytes: Uint8Array,
  littleEndian: boolean,
  start: number,
  name: string,
): readonly NiftiExtension[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const extensions: NiftiExtension[] = [];
  let at = 0;
  while (bytes.length - at >= 16) {
    const size = view.getInt32(at, littleEndian);
    if (size === 0) break;
    if (size < 8 || size > bytes.length - at) {
      throw new SemcrcError(
        'bad-input',
        `${name}: the header extension at byte ${start + at} claims ${size} bytes, expected 8 to ${bytes.length - at} (up to the first voxel)`,
        { data: { file: name, found: size } },
      );
    }
    extensions.push({
      code: view.getInt32(at + 4, littleEndian),
      content: new Uint8Array(bytes.subarray(at + 8, at + size)),
    });
    at += size;
  }
  return extensions;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, entity: string) => entities[entity]);
}

/**
 * Label names from the `<LabelTable>` of an extension (Caret's XML, which TotalSegmentator writes), by label number.
 * Null when no extension holds such a table.
 */
export function labelNames(extensions: readonly NiftiExtension[]): ReadonlyMap<number, string> | null {
  for (const { content } of extensions) {
    const text = new TextDecoder().decode(content);
    const from = text.indexOf('<LabelTable>');
    if (from < 0) continue;
    const to = text.indexOf('</LabelTable>', from);
    const names = new Map<number, string>();
    for (const piece of text.slice(from, to < 0 ? undefined : to).split('</Label>')) {
      const tag = piece.lastIndexOf('<Label ');
      const close = piece.indexOf('>', tag);
      if (tag < 0 || close < 0) continue;
      const key = /\bKey\s*=\s*["']\s*(\d+)\s*["']/.exec(piece.slice(tag, close));
      if (key === null) continue;
      const body = piece.slice(close + 1).trim();
      const quoted = body.startsWith('<![CDATA[') && body.endsWith(']]>');
      names.set(Number(key[1]), (quoted ? body.slice(9, -3) : unescapeXml(body)).trim());
    }
    return names;
  }
  return null;
}
