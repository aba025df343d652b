import { SemcrcError } from '@semcrc/kernels';
import type { InferenceRuntime, InferenceSession, NetworkOutput } from './runtime.ts';

/** How far two runtimes may be apart, in the unit of a network's output. */
const APART = 1e-4;

/**
 * A runtime that is used where it computes what another one does, and the other one where it does not: WebGPU before WebAssembly. The
 * first window of every network is run by both. Where the preferred one does not load, fails on it, or is more than 1e-4 from the
 * other, or fails on a later window, the other one takes over.
 *
 * @param preferred the faster one, which may lack operators or a device; null where the platform has none.
 * @param sure runs every network.
 * @param onFallback told once for each network that the preferred one does not run, and why.
 */
export function fallbackRuntime(
  preferred: InferenceRuntime | null,
  sure: InferenceRuntime,
  onFallback?: (reason: string) => void,
): InferenceRuntime {
  if (preferred === null) return sure;
  return {
    name: `${preferred.name}, else ${sure.name}`,
    async open(model) {
      const safe = await sure.open(model);
      try {
        return new CheckedSession(await preferred.open(model), safe, onFallback);
      } catch (cause) {
        onFallback?.(`${preferred.name} cannot load it: ${reasonOf(cause)}`);
        return safe;
      }
    },
  };
}

class CheckedSession implements InferenceSession {
  /** Null once it is given up. */
  #fast: InferenceSession | null;
  readonly #safe: InferenceSession;
  readonly #onFallback: ((reason: string) => void) | undefined;
  #checked = false;

  constructor(
    fast: InferenceSession,
    safe: InferenceSession,
    onFallback: ((reason: string) => void) | undefined,
  ) {
    this.#fast = fast;
    this.#safe = safe;
    this.#onFallback = onFallback;
  }

  get runtime(): string {
    return (this.#fast ?? this.#safe).runtime;
  }

  async run(...[input, dims, names]: Parameters<InferenceSession['run']>): Promise<NetworkOutput> {
    const fast = this.#fast;
    if (fast === null) return this.#safe.run(input, dims, names);
    let found: NetworkOutput;
    try {
      found = await fast.run(input, dims, names);
    } catch (cause) {
      await this.#giveUp(`${fast.runtime} fails: ${reasonOf(cause)}`);
      return this.#safe.run(input, dims, names);
    }
    if (this.#checked) return found;
    const expected = await this.#safe.run(input, dims, names);
    const apart = farthest(found, expected);
    // What is not finite in both is the network's, and is refused by who reads it.
    if (apart <= APART) this.#checked = true;
    else await this.#giveUp(`${fast.runtime} is ${apart.toPrecision(2)} from ${this.#safe.runtime}`);
    return expected;
  }

  async close(): Promise<void> {
    await this.#fast?.close();
    await this.#safe.close();
  }

  async #giveUp(reason: string): Promise<void> {
    const fast = this.#fast;
    this.#fast = null;
    this.#onFallback?.(reason);
    // It failed already; what it says while it is put away is no news.
    await fast?.close().catch(() => undefined);
  }
}

/** The largest difference; infinite where the shapes differ or one alone is no number. */
function farthest(one: NetworkOutput, other: NetworkOutput): number {
  if (one.dims.join() !== other.dims.join()) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let at = 0; at < other.data.length; at++) {
    if (Object.is(one.data[at], other.data[at])) continue;
    const off = Math.abs(one.data[at] - other.data[at]);
    if (!(off <= most)) most = Number.isNaN(off) ? Number.POSITIVE_INFINITY : off;
  }
  return most;
}

function reasonOf(cause: unknown): string {
  if (cause instanceof SemcrcError) return cause.message;
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0];
}
