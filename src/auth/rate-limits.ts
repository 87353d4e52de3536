/**
 * Limits of single fields, each taken by the resolver that runs it: a skipped field counts nothing, an alias counts again,
 * and every transport counts alike.
 *
 * `@envelop/rate-limiter` decides by what its store reads. The store's read counts the request in the same step, in the
 * key's own object: a hundred at once at a limit of five are five. Its write has nothing left to do.
 */
import { getGraphQLRateLimiter } from '@envelop/rate-limiter/get-graphql-rate-limiter';
import {
  RATE_LIMIT_WINDOW_SECONDS,
  RATE_LIMITS,
  type RateLimitedField,
  type RateLimitOfField,
} from '../config.ts';
import { type Attempts, rateLimited } from './attempts.ts';

export interface RateLimitKeys {
  /**
   * A normalised e-mail address. Not given for a device that signed in there before: requests of others count for this
   * key too, and nobody else may keep its owner out.
   */
  address?: string | null;
  userId?: string | null;
}

export class RateLimits {
  readonly #attempts: Attempts;
  readonly #network: string;

  /** @param network the client's (`auth/client-network.ts`) */
  constructor(attempts: Attempts, network: string) {
    this.#attempts = attempts;
    this.#network = network;
  }

  /**
   * Counts one request for each key that the field is limited by, as `RATE_LIMITS` says; a key that is not given limits
   * nothing.
   *
   * @throws GraphQLError with `RATE_LIMITED` and `retryAfterSeconds`, or with `UPSTREAM_UNAVAILABLE` if it could not be
   *   counted.
   */
  async take(field: RateLimitedField, { address = null, userId = null }: RateLimitKeys): Promise<void> {
    // The network first: a flood from one network then makes no objects of other keys.
    await this.#takeOf(field, 'network', this.#network);
    await this.#takeOf(field, 'address', address);
    await this.#takeOf(field, 'user', userId);
  }

  async #takeOf(
    field: RateLimitedField,
    kind: 'network' | 'address' | 'user',
    key: string | null,
  ): Promise<void> {
    const { [kind]: max, windowSeconds = RATE_LIMIT_WINDOW_SECONDS }: RateLimitOfField = RATE_LIMITS[field];
    if (key === null || max === undefined) return;
    let retryAfterMs = 0;
    const limiter = getGraphQLRateLimiter({
      identifyContext: () => `${kind}:${key}`,
      store: {
        getForIdentity: async ({ fieldIdentity, contextIdentity }) => {
          const rule = { max, windowMs: windowSeconds * 1000, lockMs: 0 };
          const begun = await this.#attempts.begin(`limit:${fieldIdentity}:${contextIdentity}`, { rule });
          if (begun.ok) return [];
          retryAfterMs = begun.retryAfterMs;
          // By the object's clock all are within the window. The limiter has another clock.
          return Array<number>(max).fill(Date.now());
        },
        setForIdentity: () => undefined,
      },
    });
    const window = `${windowSeconds}s`;
    const refusal = await limiter(
      field,
      { args: {}, context: null },
      {
        max,
        window,
        message: TOO_MANY,
      },
    );
    if (refusal !== undefined) throw rateLimited(refusal, retryAfterMs);
  }
}

const TOO_MANY = 'Too many requests: try again later.';
