/** Messages that lose their text, are held back or come again, with the events that follow. */
import { reactionsEntity } from './room-changes.ts';
import { remainsOf } from './room-events.ts';
import { messageRow } from './room-messages.ts';
import type { OpenRoom } from './room-store.ts';
import { IN_LIST } from './room-tables.ts';

/** Deletes a message: its row stays without text. The event, if anybody may learn of it, is the caller's to add. */
export function removeContent(room: OpenRoom, sequence: number): void {
  room.sql.exec(
    "UPDATE message SET is_deleted = 1, text = '', links = '[]', hold_reason = NULL WHERE sequence = ?",
    sequence,
  );
  leaveScreens(room, sequence);
}

export function holdBack(room: OpenRoom, sequence: number, reason: string): void {
  room.sql.exec('UPDATE message SET is_held_back = 1, hold_reason = ? WHERE sequence = ?', reason, sequence);
  leaveScreens(room, sequence);
  room.changes.add('held_back', sequence);
}

export function release(room: OpenRoom, sequence: number): void {
  room.sql.exec('UPDATE message SET is_held_back = 0, is_released = 1 WHERE sequence = ?', sequence);
  room.changes.add('released', sequence);
}

export function pin(room: OpenRoom, sequence: number): void {
  room.save({ pinned_sequence: sequence });
  room.changes.add('pinned', sequence);
}

/** @param remains if the message leaves the room */
export function unpin(room: OpenRoom, remains: string | null = null): void {
  const { pinned_sequence: sequence } = room.row;
  if (sequence === null) return;
  room.save({ pinned_sequence: null });
  room.changes.add('unpinned', sequence, remains);
}

/** Nobody is sent its reactions any more, and it is pinned no more. */
function leaveScreens(room: OpenRoom, sequence: number): void {
  room.changes.drop(reactionsEntity(sequence));
  if (room.row.pinned_sequence === sequence) unpin(room);
}

/** Deletes rows of messages, and all that belongs to them. */
export function trim(room: OpenRoom, sequences: readonly number[]): void {
  if (sequences.length === 0) return;
  const { pinned_sequence: pinned } = room.row;
  if (pinned !== null && sequences.includes(pinned)) {
    const row = messageRow(room, pinned);
    unpin(room, row === null ? null : remainsOf(row));
  }
  const list = JSON.stringify(sequences);
  for (const table of ['reaction', 'report', 'message'])
    room.sql.exec(`DELETE FROM ${table} WHERE sequence ${IN_LIST}`, list);
  // A sequence is not given twice.
  if (sequences.includes(room.sequence)) room.save({ sequence: room.sequence });
  const [oldest] = room.sql
    .exec<{ sequence: number | null }>('SELECT min(sequence) AS sequence FROM message')
    .toArray();
  const first = oldest?.sequence ?? Number.POSITIVE_INFINITY;
  room.changes.dropOldest(({ sequence, remains }) => sequence < first && remains === null);
}
