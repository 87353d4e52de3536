/** At most so many times in each stretch of time: what a flood of made-up ids or variables may cost an isolate. */
export class RateBudget {
  readonly #times: number;
  readonly #seconds: number;
  #spent = 0;
  #beganAtMs = Number.NEGATIVE_INFINITY;

  constructor(budget: { times: number; seconds: number }) {
    this.#times = budget.times;
    this.#seconds = budget.seconds;
  }

  /** Whether one more may be made; it counts from now on. */
  spend(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#beganAtMs;
    // Clocks are set back, too.
    if (elapsedMs >= this.#seconds * 1000 || elapsedMs < 0) {
      this.#spent = 0;
      this.#beganAtMs = nowMs;
    }
    if (this.#spent >= this.#times) return false;
    this.#spent += 1;
    return true;
  }

  /** For one that found what is bounded already. */
  giveBack(): void {
    this.#spent = Math.max(0, this.#spent - 1);
  }
}
