/** At most `times` in each window of `seconds`. It limits the cost of a flood of invented variables. */
export class RateBudget {
  readonly #times: number;
  readonly #seconds: number;
  #spent = 0;
  #beganAtMs = Number.NEGATIVE_INFINITY;

  constructor(budget: { times: number; seconds: number }) {
    this.#times = budget.times;
    this.#seconds = budget.seconds;
  }

  /** Counts one more and returns true, or returns false if the budget of this window is spent. */
  spend(nowMs: number): boolean {
    if (this.isSpent(nowMs)) return false;
    this.#spent += 1;
    return true;
  }

  isSpent(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#beganAtMs;
    // A clock may be set back.
    if (elapsedMs >= this.#seconds * 1000 || elapsedMs < 0) {
      this.#spent = 0;
      this.#beganAtMs = nowMs;
    }
    return this.#spent >= this.#times;
  }
}
