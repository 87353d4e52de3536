/**
 * Guesses of passwords, by the address of the account, whether it exists or not.
 *
 * After `GUESSES_MAX_FAILURES` failures within `GUESSES_WINDOW_SECONDS` the address is locked for `GUESSES_LOCK_SECONDS`,
 * for all devices that never signed in there, together. A device that did has a count of its own: nobody else can keep
 * its owner out (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
 */
import { GUESSES_LOCK_SECONDS, GUESSES_MAX_FAILURES, GUESSES_WINDOW_SECONDS } from '../config.ts';
import { type Attempts, retryAfterSecondsOf } from './attempts.ts';

export interface Guess {
  /** Normalised. */
  address: string;
  /** The device by its token, which was checked to belong to this address; null if it has none. */
  device: string | null;
}

const RULE = {
  max: GUESSES_MAX_FAILURES,
  windowMs: GUESSES_WINDOW_SECONDS * 1000,
  lockMs: GUESSES_LOCK_SECONDS * 1000,
};

export class Guesses {
  readonly #attempts: Attempts;

  constructor(attempts: Attempts) {
    this.#attempts = attempts;
  }

  /**
   * To be called before the password is hashed: the guess counts as a failure until `succeeded` takes it back.
   *
   * @throws GraphQLError with `UPSTREAM_UNAVAILABLE` if it could not be counted: no password may be tried then.
   */
  async begin({
    address,
    device,
  }: Guess): Promise<{ ok: true; succeeded(): Promise<void> } | { ok: false; retryAfterSeconds: number }> {
    const track = device === null ? 'strangers' : `device:${device}`;
    const begun = await this.#attempts.begin(`guesses:${address}`, { track, rule: RULE });
    return begun.ok
      ? { ok: true, succeeded: begun.takeBack }
      : { ok: false, retryAfterSeconds: retryAfterSecondsOf(begun.retryAfterMs) };
  }
}
