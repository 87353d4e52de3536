/** The record of moderation. The database refuses to change or delete an act. */
import { BOUND_LIMIT } from '../storage/bound-limit.ts';
import type { ModerationAct } from './room-calls.ts';
import type { OpenRoom } from './room-store.ts';

export function recordAct({ sql }: OpenRoom, act: Omit<ModerationAct, 'number'>): void {
  sql.exec(
    `INSERT INTO act (acted_at, actor_id, action, sequence, user_id, seconds, reason) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ...[act.at, act.actorId, act.action, act.sequence, act.userId, act.seconds, act.reason],
  );
}

/** Acts behind `after`, oldest first. */
export const actsAfter = ({ sql }: OpenRoom, after: number, limit: number): ModerationAct[] =>
  sql
    .exec<ModerationAct & Record<string, SqlStorageValue>>(
      `SELECT number, acted_at AS at, actor_id AS actorId, action, sequence, user_id AS userId, seconds, reason
       FROM act WHERE number > ? ORDER BY number ${BOUND_LIMIT}`,
      ...[after, limit],
    )
    .toArray();
