/**
 * Workers' own cache in front of the Worker, as its documentation describes it
 * (developers.cloudflare.com/workers/cache): it obeys max-age, Age and stale-while-revalidate, revalidates what it
 * holds with If-None-Match, and is purged by tag. Every location has one (the lower tier), and the documentation says
 * that an upper tier is there by default: a few locations that the others ask first. Concurrent misses collapse, which
 * nothing here shows: what is executed takes no time in the simulation.
 */
import type { StorablePolicy } from '../../src/cache/cache-policy.ts';

/** What the Worker answered, as far as a cache looks at it. */
export interface FrontAnswer {
  /** When it was executed: `Age` says it, and ages go on from tier to tier. */
  executedAtMs: number;
}

export type FrontOutcome = 'lower' | 'upper' | 'forwarded';

export interface FrontRequest {
  location: number;
  key: string;
  policy: StorablePolicy;
  nowMs: number;
  /** Runs the Worker; null where the answer may not be kept. */
  forward(isConditional: boolean): Promise<FrontAnswer | null>;
}

interface Behind {
  outcome: FrontOutcome;
  answer: FrontAnswer | null;
}

const freshnessOf = ({ executedAtMs }: FrontAnswer, policy: StorablePolicy, nowMs: number) => {
  const staleMs = nowMs - executedAtMs - policy.maxAgeSeconds * 1000;
  if (staleMs < 0) return 'fresh';
  return staleMs < policy.staleWhileRevalidateSeconds * 1000 ? 'stale' : 'expired';
};

export class WorkersCache {
  readonly #lower: Map<string, FrontAnswer>[];
  readonly #upper: Map<string, FrontAnswer>[];
  /** When a tag was purged last. */
  readonly #purgedAtMs = new Map<string, number>();

  /** @param upperTiers how many; none where locations know nothing of one another. */
  constructor({ locations, upperTiers }: { locations: number; upperTiers: number }) {
    this.#lower = Array.from({ length: locations }, () => new Map());
    this.#upper = Array.from({ length: upperTiers }, () => new Map());
  }

  purge(tags: readonly string[], nowMs: number): void {
    for (const tag of tags) this.#purgedAtMs.set(tag, nowMs);
  }

  async serve(request: FrontRequest): Promise<FrontOutcome> {
    const lower = this.#lower[request.location];
    if (lower === undefined) throw new Error(`no location ${request.location}`);
    const upper = this.#upper[request.location % this.#upper.length];
    const behind = async (isConditional: boolean): Promise<Behind> => {
      if (upper === undefined) return { outcome: 'forwarded', answer: await request.forward(isConditional) };
      let made: FrontAnswer | null = null;
      const outcome = await this.#through(upper, request, async (holdsOne) => {
        made = await request.forward(holdsOne || isConditional);
        return { outcome: 'forwarded', answer: made };
      });
      const answer = made ?? upper.get(request.key) ?? null;
      return { outcome: outcome === 'forwarded' ? outcome : 'upper', answer };
    };
    return this.#through(lower, request, behind);
  }

  async #through(
    tier: Map<string, FrontAnswer>,
    { key, policy, nowMs }: FrontRequest,
    behind: (isConditional: boolean) => Promise<Behind>,
  ): Promise<FrontOutcome> {
    const held = this.#notPurged(tier.get(key), policy);
    const freshness = held === undefined ? 'expired' : freshnessOf(held, policy, nowMs);
    const fill = async () => {
      const { outcome, answer } = await behind(held !== undefined);
      if (answer === null) tier.delete(key);
      else tier.set(key, answer);
      return outcome;
    };
    if (freshness === 'fresh') return 'lower';
    if (freshness === 'stale' && held !== undefined) {
      await fill();
      return 'lower';
    }
    return fill();
  }

  #notPurged(held: FrontAnswer | undefined, { tags }: StorablePolicy): FrontAnswer | undefined {
    if (held === undefined) return undefined;
    return tags.some((tag) => (this.#purgedAtMs.get(tag) ?? Number.NEGATIVE_INFINITY) >= held.executedAtMs)
      ? undefined
      : held;
  }
}
