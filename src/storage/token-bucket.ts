export interface Rate {
  burst: number;
  perSecond: number;
}

/** The content of a bucket after a time. A clock may be set back: less than no time fills nothing. */
export const refilled = (tokens: number, elapsedMs: number, { burst, perSecond }: Rate): number =>
  Math.min(burst, tokens + (Math.max(0, elapsedMs) / 1000) * perSecond);

/** A budget that holds `burst` and fills by `perSecond`. It bounds the cost of a flood, and is soon there for others. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #filledAtMs = Number.NEGATIVE_INFINITY;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  /** Takes one and returns true, or returns false if there is none. */
  spend(nowMs: number): boolean {
    this.#tokens = refilled(this.#tokens, nowMs - this.#filledAtMs, this.#rate);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** For a call that did not need what it had spent. */
  giveBack(): void {
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + 1);
  }
}
