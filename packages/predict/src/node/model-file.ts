/// <reference types="node" preserve="true" />
import { openRegularFile, readTextFile } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { type ModelRecord, parseModelRecord } from '../networks/model-record.ts';
import type { NetworkFiles } from '../networks/network.ts';

/** The path of the record beside an ONNX file: `unet.json` for `unet.onnx`. */
export function recordPath(model: string): string {
  return `${model.replace(/\.onnx$/i, '')}.json`;
}

/**
 * Reads an ONNX file and the record beside it, which has its name with `.json` for `.onnx`.
 *
 * @throws SemcrcError `bad-input` where one of them is missing, no regular file or no record.
 */
export async function readNetworkFiles(file: string): Promise<NetworkFiles> {
  const { handle } = await openRegularFile(file);
  let model: Uint8Array;
  try {
    model = new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
  return { record: await readRecord(file), model, file };
}

async function readRecord(file: string): Promise<ModelRecord> {
  const path = recordPath(file);
  let text: string;
  try {
    text = await readTextFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SemcrcError(
      'bad-input',
      `${file}: expected its record (semcrc/model@1) beside it, which says how scans are prepared for it and what it gives: ${reason}`,
      { data: { file, record: path }, cause },
    );
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new SemcrcError('bad-input', `${path}: expected JSON: ${(cause as Error).message}`, {
      data: { file: path },
      cause,
    });
  }
  return parseModelRecord(document, path);
}
