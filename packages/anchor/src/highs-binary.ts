/**
 * The WebAssembly of HiGHS, 3.5 MB. Its module is imported on the first call only. For whoever starts a worker that
 * cannot import modules and hands it the bytes.
 */
export async function highsBinary(): Promise<Uint8Array<ArrayBuffer>> {
  const { wasm } = await import('#highs-wasm');
  const text = atob(wasm);
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}
