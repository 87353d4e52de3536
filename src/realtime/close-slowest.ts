import { HUB_BEHIND_MAX_MS } from '../config.ts';
import type { SocketSession } from './socket-session.ts';

/** Closes sockets that do not read, and the slowest others until their hub has so many bytes less. */
export function closeSlowest(sessions: Iterable<SocketSession>, excessBytes: number, nowMs: number): void {
  const asked = [...sessions].filter(({ askedAtMs }) => askedAtMs !== null);
  for (const session of asked) session.closeUnlessReading(nowMs);
  let excess = excessBytes;
  if (excess <= 0) return;
  const slowestFirst = asked.sort((a, b) => b.unreadBytes - a.unreadBytes);
  for (const session of slowestFirst) {
    if (excess <= 0) break;
    if (session.phase === 'closed') excess -= session.unreadBytes;
    else if (nowMs - (session.askedAtMs ?? nowMs) >= HUB_BEHIND_MAX_MS) {
      session.on({ kind: 'too-slow' }, nowMs);
      excess -= session.unreadBytes;
    }
  }
}
