/**
 * Messages as their readers see them. Everything that a room gives is composed here, of its rows as they are at that moment.
 *
 * Refused: text of a message that is held back, to anybody but its author and moderators; text of a deleted message, to
 * everybody.
 */
import { BOUND_LIMIT } from '../storage/bound-limit.ts';
import type { ChatMessage, ChatReactionKind, ChatRole } from './room-calls.ts';
import type { OpenRoom } from './room-store.ts';
import { IN_LIST } from './room-tables.ts';
import { shownName } from './rules/shown-name.ts';

export interface Reader {
  id: string | null;
  isModerator: boolean;
}

export const EVERYBODY: Reader = { id: null, isModerator: false };

const REACTION_KINDS = [
  'like',
  'rocket',
  'heart',
  'laugh',
  'sad',
  'warning',
] as const satisfies ChatReactionKind[];
/** A moderator is shown so many messages that are held back. */
const HELD_BACK_SHOWN = 100;

export type MessageRow = {
  sequence: number;
  author_id: string;
  text: string;
  links: string;
  reply_to: number | null;
  posted_at: number;
  is_deleted: number;
  is_held_back: number;
  is_released: number;
  display_name: string | null;
  avatar_url: string | null;
  role: ChatRole;
};

const SELECT = `SELECT message.sequence, message.author_id, message.text, message.links, message.reply_to, message.posted_at,
  message.is_deleted, message.is_held_back, message.is_released, author.display_name, author.avatar_url, author.role
  FROM message JOIN author ON author.user_id = message.author_id`;

export const messageRow = ({ sql }: OpenRoom, sequence: number): MessageRow | null =>
  sql.exec<MessageRow>(`${SELECT} WHERE message.sequence = ?`, sequence).toArray()[0] ?? null;

export const messageRows = ({ sql }: OpenRoom, sequences: readonly number[]): Map<number, MessageRow> => {
  if (sequences.length === 0) return new Map();
  const rows = sql.exec<MessageRow>(`${SELECT} WHERE message.sequence ${IN_LIST}`, JSON.stringify(sequences));
  return new Map(rows.toArray().map((row) => [row.sequence, row]));
};

export const isVisible = (row: MessageRow, { id, isModerator }: Reader): boolean =>
  row.is_held_back === 0 || isModerator || row.author_id === id;

/** Newest first, the same for everybody. */
export function messagePage(room: OpenRoom, { limit, before }: { limit: number; before: number | null }) {
  const rows = room.sql
    .exec<MessageRow>(
      `${SELECT} WHERE message.sequence < ? AND message.is_held_back = 0 ORDER BY message.sequence DESC ${BOUND_LIMIT}`,
      ...[before ?? Number.MAX_SAFE_INTEGER, limit],
    )
    .toArray();
  return composeMessages(room, rows, EVERYBODY);
}

/** Those that the reader may see. */
export function messagesBySequence(
  room: OpenRoom,
  sequences: readonly number[],
  reader: Reader,
): ChatMessage[] {
  const rows = [...messageRows(room, sequences).values()].filter((row) => isVisible(row, reader));
  return composeMessages(room, rows, reader);
}

/** Newest first; null for who is neither a moderator nor the author of a message that is held back. */
export function heldBackMessages(room: OpenRoom, reader: Reader): ChatMessage[] | null {
  const own = reader.isModerator ? '' : 'AND message.author_id = ?';
  const rows = room.sql
    .exec<MessageRow>(
      `${SELECT} WHERE message.is_held_back = 1 AND message.is_deleted = 0 ${own}
       ORDER BY message.sequence DESC LIMIT ${HELD_BACK_SHOWN}`,
      ...(reader.isModerator ? [] : [reader.id]),
    )
    .toArray();
  return rows.length === 0 && !reader.isModerator ? null : composeMessages(room, rows, reader);
}

/** @param rows that the reader may see */
export function composeMessages(room: OpenRoom, rows: readonly MessageRow[], reader: Reader): ChatMessage[] {
  const replied = messageRows(
    room,
    rows.flatMap(({ reply_to }) => reply_to ?? []),
  );
  const shown = [...rows, ...[...replied.values()].filter((row) => isVisible(row, reader))];
  const reactions = reactionsOf(room, shown);
  const single = (row: MessageRow) => composed(room, row, reactions.get(row.sequence) ?? []);
  const repliedMessages = new Map(shown.slice(rows.length).map((row) => [row.sequence, single(row)]));
  return rows.map((row) => ({
    ...single(row),
    repliedMessage: row.reply_to === null ? null : (repliedMessages.get(row.reply_to) ?? null),
  }));
}

/** A message of which nobody is told anything but that it has gone from their screens. */
export const withoutContent = (room: OpenRoom, row: MessageRow): ChatMessage => ({
  ...composed(room, { ...row, text: '', links: '[]', reply_to: null }, []),
  repliedMessage: null,
  heldBack: true,
});

function composed(room: OpenRoom, row: MessageRow, reactions: ChatMessage['reactions']): ChatMessage {
  const isDeleted = row.is_deleted === 1;
  return {
    room: room.key,
    sequence: row.sequence,
    author: {
      id: row.author_id,
      displayName: shownName({ id: row.author_id, displayName: row.display_name }),
      avatarUrl: row.avatar_url,
      role: row.role,
    },
    text: isDeleted ? '' : row.text,
    links: isDeleted ? [] : JSON.parse(row.links),
    replyTo: row.reply_to,
    reactions: isDeleted ? [] : reactions,
    postedAt: row.posted_at,
    deleted: isDeleted,
    heldBack: row.is_held_back === 1,
  };
}

function reactionsOf({ sql }: OpenRoom, rows: readonly MessageRow[]): Map<number, ChatMessage['reactions']> {
  const reactions = new Map<number, ChatMessage['reactions']>();
  if (rows.length === 0) return reactions;
  const counted = sql
    .exec<{ sequence: number; kind: ChatReactionKind; count: number }>(
      `SELECT sequence, kind, count(*) AS count FROM reaction WHERE sequence ${IN_LIST} GROUP BY sequence, kind`,
      JSON.stringify(rows.map(({ sequence }) => sequence)),
    )
    .toArray();
  for (const { sequence, kind, count } of counted)
    reactions.set(sequence, [...(reactions.get(sequence) ?? []), { kind, count }]);
  for (const list of reactions.values())
    list.sort((a, b) => REACTION_KINDS.indexOf(a.kind) - REACTION_KINDS.indexOf(b.kind));
  return reactions;
}
