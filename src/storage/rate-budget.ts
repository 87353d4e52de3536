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
    const elapsedMs = nowMs - this.#beganAtMs;
    // A clock may be set back.
    if (elapsedMs >= this.#seconds * 1000 || elapsedMs < 0) {
      this.#spent = 0;
      this.#beganAtMs = nowMs;
    }
    if (this.#spent >= this.#times) return false;
    this.#spent += 1;
    return true;
  }

  /** For a call that did not need what it had spent. */
  giveBack(): void {
    this.#spent = Math.max(0, this.#spent - 1);
  }
}
