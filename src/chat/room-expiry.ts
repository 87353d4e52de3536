/** Messages that are too many or too old. */

import { CHAT_MESSAGE_MAX_AGE_SECONDS, CHAT_MESSAGES_MAX } from '../config.ts';
import { BOUND_LIMIT } from '../storage/bound-limit.ts';
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
    `SELECT sequence FROM message WHERE sequence <= ? ORDER BY sequence ${BOUND_LIMIT}`,
    ...[upTo, MESSAGES_AT_ONCE],
  );
  trim(room, sequencesOf(rows.toArray()));
}

/** Knows when the next message is too old, so that nobody looks for it before. Looking reads every message. */
export class RoomExpiry {
  /** In Unix seconds, or earlier; null if there is no message, undefined if it is not known. */
  #nextAt: number | null | undefined;

  /** A message was posted, by a clock that may have been set back. */
  notePost(nowSeconds: number): void {
    if (this.#nextAt === undefined) return;
    this.#nextAt = Math.min(this.#nextAt ?? Number.POSITIVE_INFINITY, expiryOf(nowSeconds));
  }

  /** In Unix seconds, or earlier; null if there is no message. */
  next(room: OpenRoom): number | null {
    if (this.#nextAt === undefined) this.#nextAt = nextExpiry(room);
    return this.#nextAt;
  }

  isDue(room: OpenRoom, nowSeconds: number): boolean {
    const nextAt = this.next(room);
    return nextAt !== null && nextAt <= nowSeconds;
  }

  trim(room: OpenRoom, nowSeconds: number): void {
    this.#nextAt = undefined;
    trimExpired(room, nowSeconds);
  }
}

const expiryOf = (postedAt: number) => postedAt + CHAT_MESSAGE_MAX_AGE_SECONDS;

/** Deletes messages that are too old. A clock that was wrong has given later messages earlier times: each has its own. */
function trimExpired(room: OpenRoom, nowSeconds: number): void {
  const rows = room.sql.exec<Found>(
    `SELECT sequence FROM message WHERE posted_at <= ? ORDER BY sequence ${BOUND_LIMIT}`,
    ...[nowSeconds - CHAT_MESSAGE_MAX_AGE_SECONDS, MESSAGES_AT_ONCE],
  );
  trim(room, sequencesOf(rows.toArray()));
}

/** Of the first message, in Unix seconds; null if there is none. */
function nextExpiry({ sql }: OpenRoom): number | null {
  const [oldest] = sql
    .exec<{ postedAt: number | null }>('SELECT min(posted_at) AS postedAt FROM message')
    .toArray();
  const postedAt = oldest?.postedAt ?? null;
  return postedAt === null ? null : expiryOf(postedAt);
}
