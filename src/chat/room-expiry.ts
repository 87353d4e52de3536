/** Messages that are too many or too old. */
import { CHAT_MESSAGE_MAX_AGE_SECONDS, CHAT_MESSAGES_MAX } from '../config.ts';
import { trim } from './room-removal.ts';
import type { OpenRoom } from './room-store.ts';

/** One step deletes so many, so that none takes long. */
const MESSAGES_AT_ONCE = 1_000;

type Found = { sequence: number };
const sequencesOf = (rows: Found[]) => rows.map(({ sequence }) => sequence);

/** Deletes the oldest messages beyond the number that a room keeps. */
export function trimExcess(room: OpenRoom): void {
  const upTo = room.sequence - CHAT_MESSAGES_MAX;
  if (upTo <= 0) return;
  const rows = room.sql.exec<Found>(
    'SELECT sequence FROM message WHERE sequence <= ? ORDER BY sequence LIMIT ?',
    ...[upTo, MESSAGES_AT_ONCE],
  );
  trim(room, sequencesOf(rows.toArray()));
}

/** Deletes messages that are too old. A clock that was wrong has given later messages earlier times: each has its own. */
export function trimExpired(room: OpenRoom, nowSeconds: number): void {
  const rows = room.sql.exec<Found>(
    'SELECT sequence FROM message WHERE posted_at <= ? ORDER BY sequence LIMIT ?',
    ...[nowSeconds - CHAT_MESSAGE_MAX_AGE_SECONDS, MESSAGES_AT_ONCE],
  );
  trim(room, sequencesOf(rows.toArray()));
}

/** When the first message is too old, in Unix seconds; null if there is none. It reads every message. */
export function nextExpiry({ sql }: OpenRoom): number | null {
  const [oldest] = sql
    .exec<{ postedAt: number | null }>('SELECT min(posted_at) AS postedAt FROM message')
    .toArray();
  const postedAt = oldest?.postedAt ?? null;
  return postedAt === null ? null : postedAt + CHAT_MESSAGE_MAX_AGE_SECONDS;
}
