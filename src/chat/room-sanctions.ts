/** Who may not post in a room, or not yet. A sanction lapses by the clock: nothing has to happen then. */
import { rejection } from '../auth/rejection.ts';
import type { ChatRejection, RoomActor } from './room-calls.ts';
import type { OpenRoom } from './room-store.ts';

export type Sanction = 'mute' | 'ban';

/** Staff is neither sanctioned nor slowed down. */
export const isStaff = ({ role, isModerator }: Pick<RoomActor, 'role'> & Partial<RoomActor>): boolean =>
  role !== 'member' || isModerator === true;

interface Sanctioned {
  kind: Sanction;
  /** Null if a moderator has to lift it. */
  endsAt: number | null;
}

/** The sanctions of a user that have not lapsed. A ban is first. */
const lastingSanctions = ({ sql }: OpenRoom, userId: string, nowSeconds: number): Sanctioned[] =>
  sql
    .exec<Sanctioned & Record<string, SqlStorageValue>>(
      `SELECT kind, ends_at AS endsAt FROM sanction WHERE user_id = ? AND (ends_at IS NULL OR ends_at > ?)
       ORDER BY kind`,
      ...[userId, nowSeconds],
    )
    .toArray();

export const sanctionsOf = (room: OpenRoom, userId: string, nowSeconds: number): Sanction[] =>
  lastingSanctions(room, userId, nowSeconds).map(({ kind }) => kind);

export const isBanned = (room: OpenRoom, userId: string, nowSeconds: number): boolean =>
  sanctionsOf(room, userId, nowSeconds).includes('ban');

export function setSanction(room: OpenRoom, userId: string, kind: Sanction, endsAt: number | null): void {
  room.sql.exec(
    `INSERT INTO sanction (user_id, kind, ends_at) VALUES (?, ?, ?)
     ON CONFLICT (user_id, kind) DO UPDATE SET ends_at = excluded.ends_at`,
    ...[userId, kind, endsAt],
  );
}

export const liftSanction = ({ sql }: OpenRoom, userId: string, kind: Sanction): void =>
  void sql.exec('DELETE FROM sanction WHERE user_id = ? AND kind = ?', userId, kind);

export const NOT_ALLOWED = rejection('CHAT_NOT_ALLOWED', 'You may not do this in the room.');

/** Why a user may not post now; null if they may. */
export function postRefusal(
  room: OpenRoom,
  userId: string,
  { nowSeconds, exempt }: { nowSeconds: number; exempt: boolean },
): ChatRejection | null {
  const [sanction] = lastingSanctions(room, userId, nowSeconds);
  if (sanction !== undefined) return rejection('CHAT_NOT_ALLOWED', sanctionText(sanction));
  const waitSeconds = exempt ? 0 : slowModeWait(room, userId, nowSeconds);
  if (waitSeconds === 0) return null;
  return rejection('CHAT_TOO_FAST', `The room is in slow mode: post again in ${waitSeconds} s.`);
}

function sanctionText({ kind, endsAt }: Sanctioned): string {
  const until = endsAt === null ? 'a moderator ends it' : new Date(endsAt * 1000).toISOString();
  return `You are ${kind === 'ban' ? 'banned from' : 'muted in'} the room until ${until}.`;
}

/** Seconds until the user may post their next message. */
function slowModeWait({ sql, row }: OpenRoom, userId: string, nowSeconds: number): number {
  if (row.slow_mode_seconds === 0) return 0;
  // A message of a later time is one of a clock that was wrong: it keeps nobody waiting.
  const [last] = sql
    .exec<{ postedAt: number | null }>(
      'SELECT max(posted_at) AS postedAt FROM message WHERE author_id = ? AND posted_at <= ?',
      ...[userId, nowSeconds],
    )
    .toArray();
  const postedAt = last?.postedAt ?? null;
  return postedAt === null ? 0 : Math.max(0, postedAt + row.slow_mode_seconds - nowSeconds);
}
