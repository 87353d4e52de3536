/**
 * Attempts of clients, counted in Durable Objects: one object for each key, so that neither aliases nor data centres
 * multiply a limit. An object that does not answer lets nothing begin.
 */
import { GraphQLError } from 'graphql';
import { ATTEMPTS_TIMEOUT_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';
import type { Attempt, AttemptResult } from './attempt-log.ts';

/** The object of one key. */
export interface AttemptsObject {
  begin(attempt: Attempt): Promise<AttemptResult>;
  takeBack(id: string): Promise<void>;
}

export interface AttemptsSources {
  objects: { getByName(key: string): AttemptsObject };
  randomId(): string;
}

export class Attempts {
  readonly #sources: AttemptsSources;

  constructor(sources: AttemptsSources) {
    this.#sources = sources;
  }

  /**
   * Counts an attempt before it is made.
   *
   * @returns `takeBack`, for an attempt that must not count after all.
   * @throws GraphQLError with `UPSTREAM_UNAVAILABLE` if it could not be counted.
   */
  async begin(
    key: string,
    { track = '', rule }: Pick<Attempt, 'rule'> & { track?: string },
  ): Promise<(AttemptResult & { ok: false }) | { ok: true; takeBack(): Promise<void> }> {
    const object = this.#sources.objects.getByName(key);
    const id = this.#sources.randomId();
    const result = await counted(() => object.begin({ id, track, rule }));
    return result.ok ? { ok: true, takeBack: () => counted(() => object.takeBack(id)) } : result;
  }
}

async function counted<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await answerWithin(ATTEMPTS_TIMEOUT_MS, 'counter of attempts', call);
  } catch (error) {
    // Its key may be an e-mail address, which no log contains.
    log.error('attempts.not_counted', errorFields(error));
    throw new GraphQLError('Attempts cannot be counted now: try again.', {
      extensions: { code: 'UPSTREAM_UNAVAILABLE' },
    });
  }
}

/** @returns an error with `RATE_LIMITED`, which over HTTP is 429 with `Retry-After`. */
export function rateLimited(message: string, retryAfterMs: number): GraphQLError {
  const retryAfterSeconds = retryAfterSecondsOf(retryAfterMs);
  return new GraphQLError(message, { extensions: { code: 'RATE_LIMITED', retryAfterSeconds } });
}

/** Whole seconds after which it is free for certain. */
export const retryAfterSecondsOf = (retryAfterMs: number) => Math.max(1, Math.ceil(retryAfterMs / 1000));
