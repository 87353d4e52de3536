/** At most so many look-ups in each stretch of time: what a flood of made-up ids may cost an isolate. */
export class LookupBudget {
  readonly #lookups: number;
  readonly #seconds: number;
  #spent = 0;
  #beganAtMs = Number.NEGATIVE_INFINITY;

  constructor(budget: { lookups: number; seconds: number }) {
    this.#lookups = budget.lookups;
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
    if (this.#spent >= this.#lookups) return false;
    this.#spent += 1;
    return true;
  }

  /** Gives one back that found something: operations that exist are bounded already. */
  giveBack(): void {
    this.#spent = Math.max(0, this.#spent - 1);
  }
}
