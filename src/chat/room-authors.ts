/** Those who have posted, reacted or reported in a room, as it shows them. A closed account is erased for ever. */
import type { AuthorChange, ChatAuthor, ChatRole } from './room-calls.ts';
import { reactionsEntity } from './room-changes.ts';
import { withoutAuthor } from './room-events.ts';
import { messageRow } from './room-messages.ts';
import { removeContent } from './room-removal.ts';
import type { OpenRoom } from './room-store.ts';
import { IN_LIST } from './room-tables.ts';

export type AuthorRow = {
  display_name: string | null;
  avatar_url: string | null;
  role: ChatRole;
  /** A moderator has released a message of theirs: they are young no more. */
  is_trusted: number;
  is_erased: number;
};

export const authorRow = ({ sql }: OpenRoom, userId: string): AuthorRow | null =>
  sql
    .exec<AuthorRow>(
      'SELECT display_name, avatar_url, role, is_trusted, is_erased FROM author WHERE user_id = ?',
      userId,
    )
    .toArray()[0] ?? null;

/** The room has their name from here on; later ones come by `applyAuthor`. */
export function addAuthor({ sql }: OpenRoom, { id, displayName, avatarUrl, role }: ChatAuthor): void {
  sql.exec(
    `INSERT INTO author (user_id, display_name, avatar_url, role, is_trusted, is_erased) VALUES (?, ?, ?, ?, 0, 0)
     ON CONFLICT (user_id) DO NOTHING`,
    ...[id, displayName, avatarUrl, role],
  );
}

export const trustAuthor = ({ sql }: OpenRoom, userId: string): void =>
  void sql.exec('UPDATE author SET is_trusted = 1 WHERE user_id = ? AND is_trusted = 0', userId);

export function applyAuthor(room: OpenRoom, { userId, author }: AuthorChange): void {
  if (author === null) {
    eraseAuthor(room, userId);
    return;
  }
  const { displayName, avatarUrl, role } = author;
  const values = [displayName, avatarUrl, role];
  room.sql.exec(
    `UPDATE author SET display_name = ?, avatar_url = ?, role = ? WHERE user_id = ? AND is_erased = 0
       AND (display_name, avatar_url, role) IS NOT (?, ?, ?)`,
    ...[...values, userId, ...values],
  );
}

function eraseAuthor(room: OpenRoom, userId: string): void {
  const { sql } = room;
  if (authorRow(room, userId)?.is_erased === 1) return;
  // A post or a report of theirs that is under way finds this row.
  sql.exec(
    `INSERT INTO author (user_id, display_name, avatar_url, role, is_trusted, is_erased)
     VALUES (?, NULL, NULL, 'member', 0, 1)
     ON CONFLICT (user_id) DO UPDATE SET display_name = NULL, avatar_url = NULL, role = 'member', is_trusted = 0,
       is_erased = 1`,
    userId,
  );
  sql.exec("UPDATE report SET reason = '' WHERE user_id = ?", userId);
  const reacted = sql
    .exec<{ sequence: number }>('SELECT DISTINCT sequence FROM reaction WHERE user_id = ?', userId)
    .toArray();
  sql.exec('DELETE FROM reaction WHERE user_id = ?', userId);
  const isOnScreens = (sequence: number) =>
    room.changes.has(`message:${sequence}`) || room.changes.has(reactionsEntity(sequence));
  eraseMessages(room, userId);
  for (const { sequence } of reacted) {
    const row = isOnScreens(sequence) ? messageRow(room, sequence) : null;
    if (row?.is_held_back === 0 && row.is_deleted === 0) room.changes.add('reacted', sequence);
  }
}

type OwnMessage = {
  sequence: number;
  is_deleted: number;
  is_held_back: number;
  /** A change that hubs may remember is one of this message. */
  is_shown: number;
  /** A message that such a change shows answers this one. */
  is_answered: number;
};

/**
 * Hubs remember the last changes with text and name as they were. Each message that one of them shows is told of again, also
 * one that was deleted or held back before: that takes the place of what they remember.
 */
function eraseMessages(room: OpenRoom, userId: string): void {
  const { changes, sql } = room;
  const { pinRemains } = changes;
  if (pinRemains !== null) {
    const remains = withoutAuthor(pinRemains.remains, userId);
    if (remains !== null) changes.add('unpinned', pinRemains.sequence, remains);
  }
  const shown = JSON.stringify(changes.sequences);
  const own = sql
    .exec<OwnMessage>(
      `SELECT sequence, is_deleted, is_held_back, sequence ${IN_LIST} AS is_shown, sequence IN (SELECT answer.reply_to
         FROM message AS answer WHERE answer.sequence ${IN_LIST} AND answer.reply_to IS NOT NULL) AS is_answered
       FROM message WHERE author_id = ? ORDER BY sequence`,
      ...[shown, shown, userId],
    )
    .toArray();
  for (const { sequence, is_deleted, is_held_back, is_shown, is_answered } of own) {
    if (is_deleted === 0) removeContent(room, sequence);
    // One that was held back from the start has no change, and one that is held back is not shown with its answers.
    if (is_held_back === 1) {
      if (is_shown === 1) changes.add('held_back', sequence);
    } else if (is_shown === 1 || is_answered === 1) changes.add('deleted', sequence);
  }
}
