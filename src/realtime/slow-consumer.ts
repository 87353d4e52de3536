/**
 * Detects a socket whose client does not read. The platform shows no send buffer, so the client is sent a ping after so
 * many bytes or so long; if no pong comes, the socket must be closed before it holds more memory.
 *
 * A pong that nobody asked for answers nothing. A ping after much is not put off: pauses are for small frames alone.
 */
import {
  SOCKET_BEHIND_MAX_BYTES,
  SOCKET_BEHIND_MAX_MS,
  SOCKET_PING_AFTER_BYTES,
  SOCKET_PING_AFTER_MS,
  SOCKET_PING_AT_ONCE_BYTES,
  SOCKET_PING_PAUSE_MS,
  SOCKET_PING_PAUSE_OF_READERS_MS,
  SOCKET_UNANSWERED_MAX_BYTES,
  SOCKET_UNANSWERED_MAX_MS,
} from '../config.ts';

export type Verdict = 'reads' | 'ask' | 'does not read';

export class SlowConsumer {
  /** It has answered a ping, as far as its hub remembers. */
  hasAnswered = false;
  #answeredAtMs: number;
  #askedAtMs: number | null;
  /** Since the last ping; since the last pong if no ping waits for its answer. */
  #bytes = 0;
  /** Sent before the ping that waits for its answer. */
  #bytesBefore = 0;

  constructor(answeredAtMs: number, askedAtMs: number | null = null) {
    this.#answeredAtMs = answeredAtMs;
    this.#askedAtMs = askedAtMs;
  }

  /** When the ping was sent that waits for its answer; null if none does. */
  get askedAtMs(): number | null {
    return this.#askedAtMs;
  }

  /** Bytes that the client was sent and has not acknowledged by a pong. 0 while no ping waits for its pong. */
  get unreadBytes(): number {
    return this.#askedAtMs === null ? 0 : this.#bytesBefore + this.#bytes;
  }

  /** A pong has come: what was sent before the ping is read. */
  answered(nowMs: number): void {
    if (this.#askedAtMs === null) return;
    this.hasAnswered = true;
    this.#answeredAtMs = nowMs;
    this.#askedAtMs = null;
    this.#bytesBefore = 0;
  }

  /** A ping is sent now. */
  asked(nowMs: number): void {
    this.#askedAtMs = nowMs;
    this.#bytesBefore = this.#bytes;
    this.#bytes = 0;
  }

  /** @returns `ask` if a ping must be sent now. */
  sent(bytes: number, nowMs: number): Verdict {
    this.#bytes += bytes;
    if (nowMs < this.#answeredAtMs) this.keepTimesBefore(nowMs);
    if (this.#askedAtMs !== null) return this.reads(nowMs) ? 'reads' : 'does not read';
    const quietMs = nowMs - this.#answeredAtMs;
    const pauseMs = this.hasAnswered ? SOCKET_PING_PAUSE_OF_READERS_MS : SOCKET_PING_PAUSE_MS;
    const isMuch = this.#bytes >= SOCKET_PING_AFTER_BYTES && quietMs >= pauseMs;
    const isTooMuch = this.#bytes >= SOCKET_PING_AT_ONCE_BYTES;
    if (!isMuch && !isTooMuch && quietMs < SOCKET_PING_AFTER_MS) return 'reads';
    this.asked(nowMs);
    return 'ask';
  }

  /** When the client must have answered; null if it was not asked. */
  get answerDueMs(): number | null {
    if (this.#askedAtMs === null) return null;
    const limitMs = this.#bytes > SOCKET_BEHIND_MAX_BYTES ? SOCKET_BEHIND_MAX_MS : SOCKET_UNANSWERED_MAX_MS;
    return this.#askedAtMs + limitMs + 1;
  }

  /** A clock may be set back: nothing that happened is later than now. */
  keepTimesBefore(nowMs: number): void {
    this.#answeredAtMs = Math.min(this.#answeredAtMs, nowMs);
    if (this.#askedAtMs !== null) this.#askedAtMs = Math.min(this.#askedAtMs, nowMs);
  }

  /** False if the client has not answered in time, or not before it was sent too much. */
  reads(nowMs: number): boolean {
    if (this.#askedAtMs === null) return true;
    const waitedMs = nowMs - this.#askedAtMs;
    const isBehind = this.#bytes > SOCKET_BEHIND_MAX_BYTES && waitedMs > SOCKET_BEHIND_MAX_MS;
    return !isBehind && this.#bytes <= SOCKET_UNANSWERED_MAX_BYTES && waitedMs <= SOCKET_UNANSWERED_MAX_MS;
  }
}
