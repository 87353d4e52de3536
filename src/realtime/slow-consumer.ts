/**
 * Detects a socket whose client does not read. The platform shows no send buffer, so the client is sent a ping after so
 * many bytes or so long; if no pong comes, the socket must be closed before it holds more memory.
 *
 * Only sent frames count: a connection that is sent nothing gets no pings.
 */
import {
  SOCKET_BEHIND_MAX_BYTES,
  SOCKET_BEHIND_MAX_MS,
  SOCKET_PING_AFTER_BYTES,
  SOCKET_PING_AFTER_MS,
  SOCKET_PING_PAUSE_MS,
  SOCKET_UNANSWERED_MAX_BYTES,
  SOCKET_UNANSWERED_MAX_MS,
} from '../config.ts';

export type Verdict = 'reads' | 'ask' | 'does not read';

export class SlowConsumer {
  #answeredAtMs: number;
  #askedAtMs: number | null = null;
  #bytes = 0;

  constructor(nowMs: number) {
    this.#answeredAtMs = nowMs;
  }

  /** A pong has come. */
  answered(nowMs: number): void {
    this.#answeredAtMs = nowMs;
    this.#askedAtMs = null;
    this.#bytes = 0;
  }

  /** @returns `ask` if a ping must be sent now. */
  sent(bytes: number, nowMs: number): Verdict {
    this.#bytes += bytes;
    if (this.#askedAtMs !== null) {
      const waitedMs = nowMs - this.#askedAtMs;
      const isBehind = this.#bytes > SOCKET_BEHIND_MAX_BYTES && waitedMs > SOCKET_BEHIND_MAX_MS;
      const isOver = this.#bytes > SOCKET_UNANSWERED_MAX_BYTES || waitedMs > SOCKET_UNANSWERED_MAX_MS;
      return isBehind || isOver ? 'does not read' : 'reads';
    }
    const quietMs = nowMs - this.#answeredAtMs;
    const isMuch = this.#bytes >= SOCKET_PING_AFTER_BYTES && quietMs >= SOCKET_PING_PAUSE_MS;
    if (!isMuch && quietMs < SOCKET_PING_AFTER_MS) return 'reads';
    this.#askedAtMs = nowMs;
    this.#bytes = 0;
    return 'ask';
  }
}
