import { constants, createGunzip, type Gunzip } from 'node:zlib';
import { SemcrcError } from '@semcrc/kernels';

/** What node:zlib's own synchronous calls stand on (Node 20 to 25 have it); its types leave it out. */
interface Binding {
  /** Inflates from input to output; what is left of either is in `_writeState`. */
  writeSync(
    flush: number,
    input: Uint8Array,
    inputStart: number,
    inputLength: number,
    output: Uint8Array,
    outputStart: number,
    outputLength: number,
  ): void;
  onerror: (message: string, errno: number, code: string) => void;
}

type BoundGunzip = Gunzip & {
  readonly _handle?: Partial<Binding> | null;
  /** Bytes of output not yet filled, bytes of input not yet taken. */
  readonly _writeState?: Uint32Array;
};

/**
 * A gzip stream inflated piece by piece in the calling thread, into memory of the caller's, every member of it.
 *
 * node:zlib inflates piece by piece only by way of its thread pool, and in the calling thread only whole files. The
 * first leaves processors idle while runs are handed over (two workers then were 1.4 times one, 1.7 times this way), the
 * second keeps whole files in memory; libraries that go round it copy every byte and leave it to the garbage collector,
 * which cost a quarter more. So this asks zlib's binding, as node:zlib does.
 */
export class Inflater {
  readonly #gunzip: BoundGunzip;
  readonly #binding: Binding;
  readonly #state: Uint32Array;
  #failure: Error | undefined;
  #ended = false;

  /** @throws SemcrcError `unsupported` where Node has no such binding. */
  constructor() {
    this.#gunzip = createGunzip();
    const { _handle: binding, _writeState: state } = this.#gunzip;
    if (typeof binding?.writeSync !== 'function' || !(state instanceof Uint32Array)) {
      throw new SemcrcError(
        'unsupported',
        `Node ${process.versions.node} cannot inflate synchronously as expected; use Node 20 to 25, or .nii files that are not compressed`,
      );
    }
    this.#binding = binding as Binding;
    this.#state = state;
    this.#binding.onerror = (message, errno, code) => {
      this.#failure = Object.assign(new Error(message), { errno, code });
    };
  }

  /** True when all has been given; what input may follow is no gzip member. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Inflates until the input is used up or the output is full.
   *
   * @param input the next bytes of the stream; none at its end.
   * @param output not empty.
   * @returns bytes taken of the input and given to the output.
   * @throws Error with a `code` of zlib's (`Z_DATA_ERROR`, at the end of a stream cut off `Z_BUF_ERROR`); what the output
   * got before is lost.
   */
  inflate(input: Uint8Array, output: Uint8Array): { readonly taken: number; readonly given: number } {
    const last = input.length === 0;
    const flush = last ? constants.Z_FINISH : constants.Z_NO_FLUSH;
    this.#binding.writeSync(flush, input, 0, input.length, output, 0, output.length);
    if (this.#failure) throw this.#failure;
    const [room, left] = this.#state;
    // Input that is left although there is room for more: zlib does not want what follows the last member.
    this.#ended = room > 0 && (last || left > 0);
    return { taken: input.length - left, given: output.length - room };
  }

  close(): void {
    this.#gunzip.close();
  }
}
