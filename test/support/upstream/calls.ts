/** What was called, for tests that count. */
import type { RouteName } from './route-names.ts';

const KEPT_CALLS = 50;

export interface Call {
  route: RouteName | 'unknown';
  method: string;
  path: string;
  query: Record<string, string>;
  headers: {
    authorization: boolean;
    userAgent: string | null;
    idempotencyKey: string | null;
    requestId: string | null;
    traceparent: string | null;
  };
}

export interface CallSummary {
  total: number;
  byRoute: Record<string, number>;
  last: Call[];
}

export class Calls {
  #byRoute: Record<string, number> = {};
  #last: Call[] = [];

  record(call: Call): void {
    this.#byRoute[call.route] = (this.#byRoute[call.route] ?? 0) + 1;
    this.#last = [...this.#last, call].slice(-KEPT_CALLS);
  }

  summary(): CallSummary {
    const total = Object.values(this.#byRoute).reduce((sum, count) => sum + count, 0);
    return { total, byRoute: { ...this.#byRoute }, last: [...this.#last] };
  }

  reset(): void {
    this.#byRoute = {};
    this.#last = [];
  }
}
