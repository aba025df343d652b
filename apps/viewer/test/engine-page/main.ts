// The engine without a page around it: a test calls it, and hands it files through the input.
import * as engine from '../../src/engine/index.ts';

/** Files of the input; what a name says behind `~` is a path, as that of a folder dropped. */
function dropped(): readonly engine.Dropped[] {
  const { files } = document.querySelector('input') as HTMLInputElement;
  return [...(files ?? [])].map((file) => ({ path: file.name.replaceAll('~', '/'), file }));
}

/** Bytes of a blob as text. */
async function base64(blob: Blob): Promise<string> {
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
  return url.slice(url.indexOf(',') + 1);
}

export type EnginePage = { engine: typeof engine; dropped: typeof dropped; base64: typeof base64 };
Object.assign(globalThis, { semcrc: { engine, dropped, base64 } satisfies EnginePage });
