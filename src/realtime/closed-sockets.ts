/**
 * Sockets that a hub has closed, or that their clients have: each is counted once, and holds the bytes that its client has
 * not read until the close is answered.
 */
import { SOCKET_UNANSWERED_MAX_MS } from '../config.ts';
import type { LiveCounts } from '../metrics/live-counts.ts';
import type { SocketSession } from './socket-session.ts';

export class ClosedSockets {
  readonly #counts: LiveCounts;
  /** The platform tells of the client's answer after the close is counted. */
  readonly #counted = new WeakSet<WebSocket>();
  readonly #held = new Map<WebSocket, { session: SocketSession; untilMs: number }>();

  constructor(counts: LiveCounts) {
    this.#counts = counts;
  }

  /** Those that hold bytes. */
  get heldCount(): number {
    return this.#held.size;
  }

  /** @param code of the close frame. False if it was counted before. */
  count(socket: WebSocket, code: number): boolean {
    if (this.#counted.has(socket)) return false;
    this.#counted.add(socket);
    this.#counts.closed(code);
    return true;
  }

  add(session: SocketSession, code: number, nowMs: number): void {
    const { socket, unreadBytes } = session;
    this.count(socket, code);
    if (unreadBytes === 0) return;
    session.holdUntilClosed();
    this.#held.set(socket, { session, untilMs: nowMs + SOCKET_UNANSWERED_MAX_MS });
  }

  heldBy(socket: WebSocket): SocketSession | undefined {
    return this.#held.get(socket)?.session;
  }

  /** Its client has answered the close, or its connection has ended: nothing is held for it any more. */
  release(session: SocketSession): void {
    this.#held.delete(session.socket);
    session.leave();
  }

  /** Releases those whose clients have not answered in time. @returns when the next one is due; infinity if none is. */
  releaseUnanswered(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { session, untilMs } of this.#held.values()) {
      if (untilMs <= nowMs) this.release(session);
      else nextMs = Math.min(nextMs, untilMs);
    }
    return nextMs;
  }
}
