import type { ByteRuns } from './open-file.ts';

/** Compressed bytes that are read at a time. */
const STEP = 2 ** 20;

/** Bytes from a position on; fewer than asked for at the end of the file only. */
type ReadBytes = (position: number, count: number) => Promise<Uint8Array<ArrayBuffer>>;

/** What each member of a gzip file ends with: CRC-32 and size (modulo 2³²) of what it holds. */
const TRAILER = 8;

/** A gzip file that does not inflate, with a code as node:zlib has it. */
class GunzipError extends Error {
  readonly code: 'Z_BUF_ERROR' | 'Z_DATA_ERROR';

  constructor(code: GunzipError['code'], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.code = code;
  }
}

/**
 * A gzip file inflated by the platform's `DecompressionStream`, every member of it, its checksums checked.
 *
 * That stream ends with a member and calls what follows junk, without a word on where the member ended. Of a file of blocks
 * (bgzip) each member says how long it is. In any other, a member may begin wherever the bytes look like one's first, and does
 * where the four bytes before, the size of the member that would end there, are the size that was inflated. Should chance
 * make that so (2⁻³² for every three bytes that look like a beginning), the file is refused as damaged, never misread.
 */
export function gunzipRuns(size: number, bytes: ReadBytes): ByteRuns {
  const runs = inflatedRuns(size, bytes);
  return {
    async next() {
      const { value } = await runs.next();
      return value ?? new Uint8Array(0);
    },
    seek: () => 0,
    close: () => void runs.return(),
  };
}

async function* inflatedRuns(size: number, read: ReadBytes): AsyncGenerator<Uint8Array, void, void> {
  const bytes = inPages(read);
  const alone = !(await takesMembers());
  let position = 0;
  while (position < size) {
    const member = new Member();
    try {
      const block = alone ? blockSize(await bytes(position, 18)) : undefined;
      const end = position + (block ?? Number.POSITIVE_INFINITY);
      let ended = false;
      while (!ended && position < Math.min(size, end)) {
        // Far enough to see the first bytes of a member that begins behind.
        const page = await bytes(position, Math.min(STEP / 2, end - position) + BEGINNING.length);
        const whole = position + page.length >= size;
        const limit = Math.min(whole ? page.length : page.length - BEGINNING.length, end - position);
        let from = 0;
        while (!ended && from < limit) {
          const to = Math.min(alone ? nextBeginning(page, from + 1) : limit, limit);
          yield* member.feed(page.subarray(from, to));
          from = to;
          ended = alone && to < page.length && looksLikeBeginning(page, to) && member.mayEnd();
        }
        position += from;
      }
      yield* member.end();
    } finally {
      member.close();
    }
  }
}

/** A member that holds nothing. */
const EMPTY = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0);

let members: Promise<boolean> | undefined;

/** Whether the platform's stream goes on from member to member, as Node's does, though no standard says so. */
function takesMembers(): Promise<boolean> {
  members ??= new Response(new Blob([EMPTY, EMPTY]).stream().pipeThrough(new DecompressionStream('gzip')))
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
  return members;
}

/** Reads a page at a time, and hands out views of it. */
function inPages(read: ReadBytes): ReadBytes {
  let start = 0;
  let page = new Uint8Array(0);
  return async (position, count) => {
    const from = position - start;
    if (from < 0 || from + count > page.length) {
      start = position;
      page = await read(position, Math.max(STEP, count));
      return page.subarray(0, count);
    }
    return page.subarray(from, from + count);
  };
}

/** ID1, ID2 and CM of every member. */
const BEGINNING = [0x1f, 0x8b, 0x08] as const;

function looksLikeBeginning(page: Uint8Array, at: number): boolean {
  return BEGINNING.every((byte, offset) => page[at + offset] === byte);
}

/** Where a member may begin, at or behind a place; the end of the page where none can. */
function nextBeginning(page: Uint8Array, from: number): number {
  for (let at = page.indexOf(BEGINNING[0], from); at >= 0; at = page.indexOf(BEGINNING[0], at + 1)) {
    if (looksLikeBeginning(page, at)) return at;
  }
  return page.length;
}

/** Compressed bytes of a member that says so, as those of bgzip do in a field BC; undefined for any other. */
function blockSize(start: Uint8Array): number | undefined {
  const extra = 4;
  const marked = start.length >= 18 && (start[3] & extra) !== 0 && start[12] === 0x42 && start[13] === 0x43;
  return marked ? (start[16] | (start[17] << 8)) + 1 : undefined;
}

/** One member of a gzip file on its way through the platform's stream. */
class Member {
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** The last compressed bytes given, at most as many as a trailer has. */
  #tail = new Uint8Array(0);
  #inflated = 0;
  #reading: Promise<ReadableStreamReadResult<Uint8Array>> | undefined;

  constructor() {
    const stream = new DecompressionStream('gzip');
    this.#writer = stream.writable.getWriter();
    this.#reader = stream.readable.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    // Failures are met where bytes are given and taken.
    for (const { closed } of [this.#writer, this.#reader]) closed.catch(() => undefined);
  }

  /** Gives compressed bytes; yields what comes of them. */
  async *feed(compressed: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array, void, void> {
    const tail = [...this.#tail, ...compressed.subarray(-TRAILER)].slice(-TRAILER);
    this.#tail = Uint8Array.from(tail);
    yield* this.#drain(this.#writer.write(compressed));
  }

  /** Says that there is no more; yields what was left. @throws GunzipError when the member is not whole. */
  async *end(): AsyncGenerator<Uint8Array, void, void> {
    yield* this.#drain(this.#writer.close());
  }

  /** Whether what was given may be a whole member: it ends with the size of what came of it. */
  mayEnd(): boolean {
    if (this.#tail.length < TRAILER) return false;
    const trailer = new DataView(this.#tail.buffer);
    const sized = trailer.getUint32(4, true) === this.#inflated % 2 ** 32;
    // Zeros stand everywhere; the checksum of nothing is 0, too.
    return sized && (this.#inflated > 0 || trailer.getUint32(0, true) === 0);
  }

  close(): void {
    void this.#reader.cancel().catch(() => undefined);
    void this.#writer.abort().catch(() => undefined);
  }

  /** Yields what the stream gives until it has taken what it was handed. */
  async *#drain(handed: Promise<void>): AsyncGenerator<Uint8Array, void, void> {
    const taken = handed.then(pendingEvents).then(() => 'taken' as const);
    taken.catch(() => undefined);
    try {
      for (;;) {
        this.#reading ??= this.#reader.read();
        const found = await Promise.race([this.#reading, taken]);
        if (found === 'taken') return;
        this.#reading = undefined;
        if (found.done) return void (await taken);
        this.#inflated += found.value.length;
        yield found.value;
      }
    } catch (cause) {
      throw gunzipError(cause);
    }
  }
}

/** Resolves when what was queued before has had its turn: a read that could be answered has been. */
function pendingEvents(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

function gunzipError(cause: unknown): GunzipError {
  const message =
    cause instanceof Error ? `${cause.message} ${String((cause as { code?: unknown }).code)}` : '';
  const cut = /truncated|unexpected end|Z_BUF_ERROR|ended before|incomplete/i.test(message);
  return new GunzipError(cut ? 'Z_BUF_ERROR' : 'Z_DATA_ERROR', cause);
}
