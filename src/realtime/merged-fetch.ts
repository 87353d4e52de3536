/**
 * A few calls of a source at a time. All keys that are asked for while none is free share the next one. A call that takes
 * longer than a limit no longer holds others back; its result still counts.
 */
import pLimit from 'p-limit';
import { answerWithin } from '../storage/answer-within.ts';

export interface MergedFetchOptions {
  /** Takes the values of these keys from their source; rejects if the source fails. */
  fetch(keys: readonly string[]): Promise<void>;
  /** The source, as messages name it. */
  source: string;
  maxCalls: number;
  limitMs: number;
  onError(error: unknown): void;
}

export class MergedFetch {
  readonly #options: MergedFetchOptions;
  readonly #inTurn;
  /** By key, the end of its running call. */
  readonly #running = new Map<string, Promise<void>>();
  #waiting = new Set<string>();
  /** The end of the call that fetches the waiting keys. */
  #nextCall: Promise<void> = Promise.resolve();

  constructor(options: MergedFetchOptions) {
    this.#options = options;
    this.#inTurn = pLimit(options.maxCalls);
  }

  /** True if the key's value is being fetched, or will be with the next call. */
  has(key: string): boolean {
    return this.#waiting.has(key) || this.#running.has(key);
  }

  /** Has keys fetched, unless they are being fetched already. */
  ask(keys: readonly string[]): void {
    const isWaitedFor = this.#waiting.size > 0;
    for (const key of keys) if (!this.#running.has(key)) this.#waiting.add(key);
    if (!isWaitedFor && this.#waiting.size > 0) this.#nextCall = this.#inTurn(() => this.#fetchWaiting());
  }

  /** Resolves when none of these keys is being fetched any more, or their calls have taken too long. */
  async settled(keys: readonly string[]): Promise<void> {
    const calls = keys.map((key) => (this.#waiting.has(key) ? this.#nextCall : this.#running.get(key)));
    await Promise.all(new Set(calls));
  }

  async #fetchWaiting(): Promise<void> {
    const keys = [...this.#waiting];
    this.#waiting = new Set();
    const call = this.#fetch(keys);
    for (const key of keys) this.#running.set(key, call);
    await call;
    for (const key of keys) this.#running.delete(key);
  }

  async #fetch(keys: readonly string[]): Promise<void> {
    const { fetch, source, limitMs, onError } = this.#options;
    try {
      await answerWithin(limitMs, source, () => fetch(keys));
    } catch (error) {
      onError(error);
    }
  }
}
