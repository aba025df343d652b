import type { FromPage, FromWorker } from './thread-browser.ts';

/**
 * Stands in for `highsBinary` of @semcrc/anchor in the browser's worker, which is one script and can import nothing:
 * the page that started it imports HiGHS and sends the bytes.
 */
export function highsBinary(): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const receive = ({ data }: MessageEvent<FromPage>): void => {
      removeEventListener('message', receive);
      if ('highs' in data) resolve(data.highs);
      else reject(new Error(data.failure));
    };
    addEventListener('message', receive);
    const request: FromWorker = { wants: 'highs' };
    postMessage(request);
  });
}
